import type { Histories } from '../script.ts';

/** Customers who enter, act, answer, and enter again. */
export const visits: Histories = {
  'a newcomer who answers': (script) =>
    script
      .identify('u', 0, { city: 'Shanghai' })
      .track('user', 'u', 0, 'Signed Up')
      .track('user', 'u', 3, 'Answered', { about: 'price' })
      .until(12),
  'another system that takes what it is told': (script) => script.customer('Deal Won', { answer: 200 }).until(3),
  'another system that refuses what it is told': (script) => script.customer('Deal Won', { answer: 404 }).until(3),
  'another system that is out of reach': (script) =>
    script.customer('Deal Won', { answer: 503 }).until(3, { late: true }),
  'an exit while another system is out of reach': (script) =>
    script.customer('Deal Won', { answer: 0 }).track('user', 'u', 0.3, 'Deal Lost').until(3),
  'one who comes home': (script) =>
    script
      .identify('u', 0, { city: 'Wuhan' })
      .track('user', 'u', 0, 'Travelled')
      .track('user', 'u', 0.5, 'Arrived', { at: 'Xiamen' })
      .track('user', 'u', 1, 'Arrived', { at: 'Wuhan' })
      .until(4),
  'one who moves home, seen before the entry': (script) =>
    script
      .identify('u', 0, { city: 'Wuhan' })
      .track('user', 'u', 1, 'Moved', { to: 'Wuhan' })
      .track('user', 'u', 0.5, 'Travelled', {}, 1.2)
      .until(4),
  'one event twice in one request': (script) =>
    script.identify('u', 0).track('user', 'u', 0.5, 'Product Added', { cart: 'a' }).twice().until(6),
  'an event just after a tag has slid off': (script) =>
    script
      .customer('Order Completed', { cart: 'a' })
      .track('user', 'u', 3 + 1 / 60, 'Page Viewed')
      .until(4),
  'a cart just before a tag slides off': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.25, 'Order Completed', { cart: 'a' })
      .track('user', 'u', 3.25 - 1 / 60, 'Product Added', { cart: 'b' })
      .until(6),
  'rests that are shorter than a queue hides what has failed': (script) =>
    script.customer('Hurried').track('user', 'u', 0.5, 'Hurried').until(3),
  'a newcomer who says nothing': (script) => script.customer('Signed Up').until(12),
  'two carts, one ordered, one entered again': (script) =>
    script
      .identify('u', 0, { city: 'Beijing' })
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.5, 'Product Added', { cart: 'b' })
      .track('user', 'u', 1.25, 'Order Completed', { cart: 'a', total: 5 })
      .track('user', 'u', 1.3, 'Product Added', { cart: 'a' })
      .track('user', 'u', 6, 'Product Added', { cart: 'a' })
      .until(14),
  'an order that arrives before its cart': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.75, 'Order Completed', { cart: 'a' })
      .track('user', 'u', 0.5, 'Product Added', { cart: 'a' }, 0.8)
      .until(6),
  'a cart and its order in one request': (script) =>
    script
      .identify('u', 0)
      .batch('user', 'u', 0.2, [
        [0.1, 'Product Added', { cart: 'a' }],
        [0.15, 'Order Completed', { cart: 'a' }],
        [0.15, 'Product Added', { cart: 'b' }],
      ])
      .until(6),
  'a cart that is ordered at once': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.5, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.5, 'Order Completed', { cart: 'a' })
      .until(6, { races: 'concurrent' }),
  'a newcomer who redeems': (script) =>
    script.customer('Signed Up').call(1, { redeem: 'welcome' }).until(12, { codes: 60 }),
  'two newcomers of whom neither redeems': (script) =>
    script
      .identify('u', 0)
      .identify('v', 0)
      .track('user', 'u', 0.5, 'Signed Up')
      .track('user', 'v', 0.5, 'Signed Up')
      .until(12, { codes: 60 }),
  'a redemption at the instant that asks for it': (script) =>
    script.customer('Signed Up').call(2, { redeem: 'welcome' }).until(12, { codes: 60, races: 'whole' }),
  'a call that is made': (script) =>
    script
      .customer('Complained')
      .call(1, { complete: { node: 'call', outcome: 'busy' } })
      .until(9),
  'a call at the instant of its time-out': (script) =>
    script
      .customer('Complained')
      .call(2, { complete: { node: 'call', outcome: 'reached' } })
      .until(9, { races: 'whole', abort: 0 }),
  'a call that nobody makes': (script) => script.customer('Complained').until(9),
  'one journey that starts another': (script) =>
    script.customer('Chained').track('user', 'u', 0.5, 'Applied').track('user', 'u', 1.5, 'Replied').until(9),
  'round and round': (script) => script.customer('Circled').track('user', 'u', 2.5, 'Stopped').until(9),
  'asked again while open, and again after': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Asked', { topic: 'b' })
      .track('user', 'u', 1, 'Hung Up')
      .track('user', 'u', 1.01, 'Asked', { topic: 'a' })
      .until(9),
  'asked again at the instant of the end': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 2, 'Asked', { topic: 'a' })
      .until(9, { races: 'whole', abort: 0 }),
  'signed up again': (script) =>
    script.customer('Signed Up').track('user', 'u', 1, 'Signed Up').track('user', 'u', 8, 'Signed Up').until(16),
  'subscribed again as the letters end': (script) =>
    script
      .customer('Subscribed')
      .track('user', 'u', 3, 'Subscribed')
      .track('user', 'u', 3.01, 'Subscribed')
      .track('user', 'u', 5, 'Subscribed')
      .until(9, { races: 'whole' }),
  'a buyer again and again': (script) =>
    script
      .identify('u', 0, { city: 'Foshan' })
      .track('user', 'u', 0, 'Order Completed', { cart: 'a' })
      .track('user', 'u', 3.5, 'Order Completed', { cart: 'b' })
      .track('user', 'u', 8, 'Order Completed', { cart: 'c' })
      .until(16),
};
