import type { Histories } from '../script.ts';

/** Runs that rest until a date of the customer, which moves before, during and after the rest. */
export const movedDates: Histories = {
  'a trial that is extended': (script) =>
    script.endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 1, 5).until(12),
  'a trial that is cut short': (script) =>
    script.endsOn('u', 0, 8).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 1, 3).until(12),
  'a trial that is extended, cut short, and extended again': (script) =>
    script
      .endsOn('u', 0, 2)
      .track('user', 'u', 0.1, 'Trial Started')
      .endsOn('u', 1, 9)
      .endsOn('u', 2.5, 4)
      .endsOn('u', 3, 7)
      .until(14),
  'a trial that comes to lie in the past': (script) =>
    script.endsOn('u', 0, 5).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 2, 1).until(12),
  'a trial that nobody knows the end of any more': (script) =>
    script.endsOn('u', 0, 5).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 2, undefined).until(12),
  'a trial that is extended as it starts': (script) =>
    script.endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 0.1, 5).until(12),
  'a trial that is cut short as it starts': (script) =>
    script.endsOn('u', 0, 5).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 0.1, 2).until(12),
  'a trial that is extended just before its end': (script) =>
    script.endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 1.999, 5).until(12, { late: true }),
  'a trial that is extended at the instant of its end': (script) =>
    script
      .endsOn('u', 0, 2)
      .track('user', 'u', 0.1, 'Trial Started')
      .endsOn('u', 2, 5)
      .until(12, { races: 'whole', abort: 0 }),
  'a trial that is extended after its end': (script) =>
    script.endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started').endsOn('u', 3, 5).until(12),
  'a trial that is extended, and a customer who buys': (script) =>
    script
      .endsOn('u', 0, 2)
      .track('user', 'u', 0.1, 'Trial Started')
      .endsOn('u', 1, 5)
      .track('user', 'u', 3, 'Bought')
      .until(12),
  'a trial that is extended while its journey is paused': (script) =>
    script
      .endsOn('u', 0, 2)
      .track('user', 'u', 0.1, 'Trial Started')
      .call(1, { pause: 'trial' })
      .endsOn('u', 1.5, 6)
      .call(4, { resume: 'trial' })
      .until(14, { late: true }),
  'a lease that is extended': (script) =>
    script.endsOn('u', 0, 3).track('user', 'u', 0.1, 'Lease Signed').endsOn('u', 1, 6).until(12),
  'a lease that is extended, and renewed': (script) =>
    script
      .endsOn('u', 0, 3)
      .track('user', 'u', 0.1, 'Lease Signed')
      .endsOn('u', 1, 6)
      .track('user', 'u', 3, 'Renewed')
      .until(12),
  'a lease that is renewed as its end is taken back': (script) =>
    script
      .endsOn('u', 0, 6)
      .track('user', 'u', 0.1, 'Lease Signed')
      .track('user', 'u', 2, 'Renewed')
      .endsOn('u', 2, undefined)
      .until(12, { abort: 0 }),
  'a lease that is extended while somebody calls': (script) =>
    script
      .endsOn('u', 0, 3)
      .track('user', 'u', 0.1, 'Lease Signed')
      .endsOn('u', 2.5, 6)
      .call(5, { complete: { node: 'call', outcome: 'kept' } })
      .until(12),
  'a lease that ends while nobody calls': (script) =>
    script.endsOn('u', 0, 3).track('user', 'u', 0.1, 'Lease Signed').endsOn('u', 2.5, 6).until(12),
  'a trial of a visitor who has another end as a user': (script) =>
    script
      .track('anonymous', 'a', 0, 'Looked')
      .endsOn('u', 0, 5)
      .track('user', 'u', 0.2, 'Trial Started')
      .endsOn('v', 0.5, 2.5)
      .alias('v', 'u', 1)
      .until(12),
};
