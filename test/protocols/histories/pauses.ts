import type { Histories } from '../script.ts';

/** A job wakes the runs this long after the resumption, when every instance knows of it. */
const WOKEN_HOURS = 10 / 3_600;

/** Runs that are parked, archived, or whose executions are lost, so that they have later legs. */
export const pauses: Histories = {
  'a pause over every deadline': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .call(0.5, { pause: 'cart' })
      .track('user', 'u', 0.7, 'Product Added', { cart: 'b' })
      .call(3, { resume: 'cart' })
      .until(16),
  'an order while its reminder is parked': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .track('user', 'u', 0.1, 'Product Added', { cart: 'b' })
      .call(0.5, { pause: 'cart' })
      .track('user', 'u', 1.5, 'Order Completed', { cart: 'a' })
      .call(3, { resume: 'cart' })
      .until(16),
  'an order at the instant of the resumption': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .call(0.5, { pause: 'cart' })
      .track('user', 'u', 2 + WOKEN_HOURS, 'Order Completed', { cart: 'a' })
      .call(2, { resume: 'cart' })
      .until(16, { races: 'whole', late: true }),
  'resumed at the instant of the deadline': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .call(0.5, { pause: 'cart' })
      .call(1, { resume: 'cart' })
      .until(40, { late: true }),
  'paused at the instant of the deadline, twice': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .call(1, { pause: 'cart' })
      .call(1.5, { resume: 'cart' })
      .call(2, { pause: 'cart' })
      .call(2.75, { resume: 'cart' })
      .until(24, { late: true }),
  'paused at the instant of the entry': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.5, 'Asked', { topic: 'a' })
      .call(0.5, { pause: 'ask' })
      .call(1, { resume: 'ask' })
      .until(16, { races: 'whole', abort: 0, late: true }),
  'a reply after a time-out that is parked': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .call(1, { pause: 'ask' })
      .track('user', 'u', 2.5, 'Replied')
      .call(3, { resume: 'ask' })
      .until(16, { abort: 0 }),
  'a reply while the journey is paused': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .call(0.5, { pause: 'ask' })
      .track('user', 'u', 1, 'Replied')
      .call(3, { resume: 'ask' })
      .track('user', 'u', 3.5, 'Replied')
      .until(16, { abort: 0 }),
  'archived at the instant of the deadline': (script) =>
    script
      .customer('Product Added', { cart: 'a' })
      .call(1, { archive: 'cart' })
      .track('user', 'u', 5, 'Product Added', { cart: 'a' })
      .until(16, { races: 'whole' }),

  'a newcomer whose executions are lost': (script) =>
    script.customer('Signed Up').track('user', 'u', 3, 'Answered', { about: 'price' }).until(24, { abort: 0.4 }),
  'a chain whose executions are lost': (script) => script.customer('Chained').until(24, { abort: 0.4 }),
  'a reply just before the time-out of a lost execution': (script) =>
    script
      .customer('Asked', { topic: 'a' })
      .track('user', 'u', 1.9, 'Replied', { about: 'a' })
      .until(24, { abort: 0.4 }),
  'circles whose executions are lost': (script) =>
    script.customer('Circled').track('user', 'u', 2.6, 'Stopped').until(24, { abort: 0.3 }),

  'a sleeper who wakes after years': (script) =>
    script
      .customer('Slept')
      .track('user', 'u', 1000 * 24, 'Woken')
      .until(1200 * 24),
  'a sleeper who wakes as the leg changes': (script) =>
    script
      .customer('Slept')
      .track('user', 'u', 600 * 24, 'Woken')
      .until(1200 * 24, { abort: 0 }),
  'a sleeper who never wakes': (script) => script.customer('Slept').until(1200 * 24),
};
