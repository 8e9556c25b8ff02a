import type { Histories } from '../script.ts';

/** Exits, replies and tags at the very instant of a deadline. */
export const deadlines: Histories = {
  'an order at the instant of its reminder': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .track('user', 'u', 1, 'Order Completed', { cart: 'a' })
      .until(9, { races: 'whole' }),
  'an order at the instant of the last reminder': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .track('user', 'u', 2, 'Order Completed', { cart: 'a' })
      .until(9, { races: 'concurrent' }),
  'a tag ends a run at the instant of its letter': (script) =>
    script.customer('Subscribed').track('user', 'u', 1, 'Order Completed', { cart: 'a' }).until(9, { races: 'whole' }),
  'a tag ends a run between its letters': (script) =>
    script.customer('Subscribed').track('user', 'u', 1.5, 'Order Completed', { cart: 'a' }).until(9),
  'hung up at the instant of the reply': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 1, 'Replied')
      .track('user', 'u', 1, 'Hung Up')
      .until(9, { races: 'whole', abort: 0 }),
  'hung up at the instant of the time-out': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 2, 'Hung Up')
      .until(9, { races: 'concurrent', crowded: true }),

  'a reply at the instant of the question': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.1, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.1, 'Replied', { about: 'a' })
      .until(9, { abort: 0 }),
  'a reply at the instant of the time-out': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 2, 'Replied', { about: 'a' })
      .until(9, { races: 'whole', abort: 0 }),
  'a reply on time that arrives at the instant of the time-out': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 1.9, 'Replied', { about: 'a' }, 2)
      .until(9, { races: 'whole', abort: 0 }),
  'two replies at once': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 1, 'Replied', { about: 'first' })
      .track('user', 'u', 1, 'Replied', { about: 'second' })
      .until(9, { abort: 0 }),
  'a reply at the instant of the second time-out': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 1, 'Replied', { about: 'first' })
      .track('user', 'u', 2, 'Replied', { about: 'second' })
      .until(9, { races: 'whole', abort: 0 }),
  'a tag at the instant of the application': (script) =>
    script.identify('u', 0).track('user', 'u', 0.5, 'Applied').tag('u', 0.5, 'vip').until(9),
  'a tag that was there before, and one that goes': (script) =>
    script
      .identify('u', 0)
      .tag('u', 0.2, 'vip')
      .track('user', 'u', 0.5, 'Applied')
      .tag('u', 0.6, 'vip', false)
      .until(9),
  'a tag at the instant of the time-out': (script) =>
    script.customer('Applied').tag('u', 2, 'vip').until(9, { races: 'whole' }),
};
