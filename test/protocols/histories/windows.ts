import type { Histories } from '../script.ts';

/** Messages that wait for their window, 2 to 6 hours after the start and again a day later; and runs that rest for them. */
export const windows: Histories = {
  'a message that waits for its window': (script) => script.customer('Called').until(40),
  'messages that wait for their window, of runs whose executions are lost': (script) =>
    script.customer('Called').until(60, { abort: 0.4 }),
  'a message that comes a moment before its window': (script) =>
    script.identify('u', 0).track('user', 'u', 1.97, 'Called').until(40),
  'a message that comes as its window opens': (script) =>
    script.identify('u', 0).track('user', 'u', 2, 'Called').until(40, { races: 'concurrent' }),
  'one who answers while a message waits for its window': (script) =>
    script.customer('Called').track('user', 'u', 1, 'Answered').until(40),
  'one who answers as the window opens': (script) =>
    script.customer('Called').track('user', 'u', 2, 'Answered').until(40, { races: 'concurrent' }),
  'one who says no while a message waits for its window': (script) =>
    script.customer('Called').refuse('u', 1).until(40),
  'a channel that is paused over an opening': (script) => script.customer('Called').holdPush(1.5, 3).until(40),
  'a channel that is paused from an opening until the evening': (script) =>
    script.customer('Called').holdPush(2, 8).until(60, { races: 'concurrent', late: true }),
  'a journey that is archived while a message waits for its window': (script) =>
    script.customer('Called').call(1, { archive: 'office' }).until(40),
  'one who flies west while a message waits for its window': (script) =>
    script.customer('Called').identify('u', 1, { timezone: 'Asia/Dubai' }).until(40),
  'one who flies east while a message waits for its window': (script) =>
    // A second delivery may find the window open sooner.
    script.customer('Called').identify('u', 1, { timezone: 'Asia/Tokyo' }).until(40, { late: true }),
  'a message that expires before its window opens': (script) => script.customer('Hurried Past').until(40),
  'a message that waits for its window, of one who is another': (script) =>
    script.twoUsers(0.5).track('user', 'old', 0.2, 'Called').alias('old', 'new', 1).until(40),
};
