import type { Histories } from '../script.ts';

/** Messages that a paused channel holds, and receipts of sent ones. */
export const channels: Histories = {
  'a letter that is held, and released': (script) => script.customer('Subscribed').holdPush(0.5, 2.25).until(24),
  'a letter that is held, by runs whose executions are lost': (script) =>
    script.customer('Subscribed').holdPush(0.5, 2.25).until(48, { abort: 0.4 }),
  'a letter that is held at the instant of the release': (script) =>
    script.customer('Subscribed').holdPush(0.5, 1).until(48, { races: 'concurrent', late: true }),
  'a letter that is held, and expires': (script) =>
    script.customer('Subscribed').holdPush(0.5, 90).until(120, { late: true }),
  'one who buys while a letter is held': (script) =>
    script
      .customer('Subscribed')
      .call(0.5, { hold: 'push' })
      .track('user', 'u', 1.5, 'Order Completed', { cart: 'a' })
      .call(2.25, { release: 'push' })
      .until(24),
  'all that is sent is held': (script) =>
    script
      .identify('u', 0)
      .call(0.25, { hold: 'push', all: true })
      .track('user', 'u', 0.5, 'Signed Up')
      .track('user', 'u', 0.5, 'Product Added', { cart: 'a' })
      .call(3.25, { release: 'push' })
      .until(48),
  'a provider that is out of reach at first': (script) =>
    script.customer('Subscribed').until(24, { refuses: { until: 1.05, as: 'temporary' } }),
  'one who buys while the provider has no room': (script) =>
    script
      .customer('Subscribed')
      .track('user', 'u', 1.2, 'Order Completed', { cart: 'a' })
      .until(24, { refuses: { until: 2, as: 'throttled' } }),
  'a provider that never answers': (script) =>
    script
      .identify('u', 0)
      .identify('v', 0)
      .track('user', 'u', 0, 'Subscribed')
      .track('user', 'v', 0.1, 'Subscribed')
      .track('user', 'u', 1.02, 'Product Added', { cart: 'a' })
      .until(24, { refuses: { until: 1.05, as: 'silence' } }),
  'one who clicks a message for which no provider answered': (script) =>
    script
      .customer('Polled')
      .call(1, { feedback: { node: 'first', receipt: 'clicked' } })
      .until(9, { refuses: { until: 0.5, as: 'silence' } }),
  'a letter for which no provider answered is sent again': (script) =>
    script
      .customer('Subscribed')
      .resend(1.5, 'letter')
      .until(24, { refuses: { until: 1.05, as: 'silence' } }),
  'one who buys as the provider does not answer': (script) =>
    script
      .customer('Subscribed')
      .track('user', 'u', 1, 'Order Completed', { cart: 'a' })
      .until(24, { refuses: { until: 1.05, as: 'silence' }, races: 'concurrent' }),
  'one who clicks twice': (script) =>
    script
      .customer('Polled')
      .call(1, { feedback: { node: 'first', receipt: 'clicked' } })
      .call(1.5, { feedback: { node: 'second', receipt: 'clicked' } })
      .until(9),
  'one who never clicks': (script) => script.customer('Polled').until(9),
  'an offer': (script) =>
    script.identify('u', 0, { city: 'Hefei' }).track('user', 'u', 0, 'Offered').until(9, { codes: 20 }),
  'an offer, by lost executions': (script) =>
    script.identify('u', 0, { city: 'Hefei' }).track('user', 'u', 0, 'Offered').until(24, { codes: 20, abort: 0.4 }),
};
