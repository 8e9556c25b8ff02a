import type { Histories, Script } from '../script.ts';

/** A job begins this long after its call, when every instance knows of it. */
const BEGINS_HOURS = 10 / 3_600;
const races = { races: 'concurrent', abort: 0, crowded: true } as const;
const enrolled = (script: Script) => script.customer('Enrolled');

/** Runs that are moved to the second version of their journey: there rests are an hour longer, and other events count. */
export const migrations: Histories = {
  'moved while it waits': (script) =>
    enrolled(script).call(1, { migrate: 'course' }).track('user', 'u', 4, 'Submitted').until(16),
  'moved while it waits for an event': (script) =>
    enrolled(script).call(3, { migrate: 'course' }).track('user', 'u', 4.5, 'Submitted').until(16),
  'moved, and left by an event of the new version': (script) =>
    enrolled(script).call(1, { migrate: 'course' }).track('user', 'u', 2.5, 'Dropped Out').until(16),
  'moved, and a time-out of the new version': (script) => enrolled(script).call(3, { migrate: 'course' }).until(16),
  'moved during a pause over its deadline': (script) =>
    enrolled(script)
      .call(1.5, { pause: 'course' })
      .call(2.5, { migrate: 'course' })
      .call(4, { resume: 'course' })
      .track('user', 'u', 5, 'Submitted')
      .until(24),
  'moved during a pause, and left by an event of the new version': (script) =>
    enrolled(script)
      .call(1, { pause: 'course' })
      .call(1.5, { migrate: 'course' })
      .track('user', 'u', 3, 'Dropped Out')
      .call(5, { resume: 'course' })
      .until(24),
  'moved behind a held message': (script) =>
    enrolled(script)
      .call(1.5, { hold: 'push' })
      .call(5, { release: 'push' })
      .call(3, { migrate: 'course' })
      .track('user', 'u', 7, 'Submitted')
      .until(30),
  'moved as a visitor becomes known': (script) =>
    script
      .visitor(1 + BEGINS_HOURS, 'Enrolled')
      .call(1, { migrate: 'course' })
      .until(16, races),
  'moved at the instant of its deadline': (script) =>
    enrolled(script)
      .call(2 - BEGINS_HOURS, { migrate: 'course' })
      .until(16, races),
  'moved at the instant of its time-out': (script) =>
    enrolled(script)
      .call(4 - BEGINS_HOURS, { migrate: 'course' })
      .until(16, races),
  'moved at the instant of a reply': (script) =>
    enrolled(script)
      .call(3 - BEGINS_HOURS, { migrate: 'course' })
      .track('user', 'u', 3, 'Replied')
      .until(16, races),
  'moved at the instant of an exit': (script) =>
    enrolled(script)
      .call(3 - BEGINS_HOURS, { migrate: 'course' })
      .track('user', 'u', 3, 'Hung Up')
      .until(16, races),
  'moved as it is archived': (script) =>
    enrolled(script)
      .call(3 - BEGINS_HOURS, { migrate: 'course' })
      .call(3, { archive: 'course' })
      .until(16, races),
  'moved at the instant of the resumption': (script) =>
    enrolled(script)
      .call(1.5, { pause: 'course' })
      .call(3, { migrate: 'course' })
      .call(3, { resume: 'course' })
      .until(24, races),
};
