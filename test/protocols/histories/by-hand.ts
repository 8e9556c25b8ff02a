import type { Histories } from '../script.ts';

/** Acts of people through the API: entries, messages sent again, jobs. */
export const byHand: Histories = {
  'a customer who is entered by hand': (script) =>
    script
      .identify('u', 0)
      .trigger(0.5, 'u', 'ask', { key: 'a', data: { topic: 'a' } })
      .track('user', 'u', 1, 'Replied', { about: 'a' })
      .until(16),
  'entered by hand while a run is open, and after it': (script) =>
    script
      .identify('u', 0)
      .trigger(0.5, 'u', 'ask', { key: 'a' })
      .trigger(1, 'u', 'ask', { key: 'a' })
      .trigger(1.25, 'u', 'ask', { key: 'b' })
      .trigger(6, 'u', 'ask', { key: 'a' })
      .until(16),
  'entered by hand, and re-entry refuses': (script) =>
    script
      .identify('u', 0)
      .trigger(0.5, 'u', 'cart', { key: 'a' })
      .trigger(3, 'u', 'cart', { key: 'a' })
      .trigger(5, 'u', 'cart', { key: 'a' })
      .until(24),
  'entered by hand while the journey is paused': (script) =>
    script
      .identify('u', 0)
      .call(0.25, { pause: 'ask' })
      .trigger(0.5, 'u', 'ask', { key: 'a' })
      .call(1, { resume: 'ask' })
      .trigger(1.5, 'u', 'ask', { key: 'a' })
      .until(16),
  'entered by hand by two at one instant': (script) =>
    script
      .identify('u', 0)
      .trigger(1, 'u', 'ask', { key: 'a' })
      .trigger(1, 'u', 'ask', { key: 'a' })
      .track('user', 'u', 2, 'Replied', { about: 'a' })
      .until(16, { races: 'whole' }),
  'a letter that was refused is sent again': (script) =>
    script
      .track('user', 'u', 0.5, 'Subscribed')
      .identify('u', 2)
      .resend(2.25, 'letter')
      .resend(2.4, 'letter')
      .until(24),
  'a letter that was refused is sent again, and refused': (script) =>
    script.identify('u', 0).refuse('u', 0.25).track('user', 'u', 0.5, 'Subscribed').resend(2.25, 'letter').until(24),
  'many runs that are archived': (script) =>
    ['a', 'b', 'c', 'd']
      .reduce((next, key) => next.track('user', 'u', 0.25, 'Asked', { topic: key }), script.identify('u', 0))
      .call(1.25, { archive: 'ask' })
      .until(16),
};
