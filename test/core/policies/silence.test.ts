import { describe, expect, test } from 'vitest';
import { type HourOfEvents, silenceOf } from '../../../core/policies/silence.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.parse('2026-11-02T00:00:00Z');

/** `perHour` events in these hours of each day, from `days` before `end` until then. */
function comes(end: number, days: number, perHour: (at: Date) => number): HourOfEvents[] {
  return Array.from({ length: days * 24 }, (_, index) => end - days * DAY + index * HOUR)
    .map((at) => ({ at, count: perHour(new Date(at)) }))
    .filter(({ count }) => count > 0);
}
const always = () => 1;
const byDay = (at: Date) => (at.getUTCHours() >= 8 && at.getUTCHours() < 18 ? 2 : 0);
const onWeekdays = (at: Date) => (at.getUTCDay() % 6 === 0 ? 0 : byDay(at));

describe('an event that comes every day', () => {
  test('is silent once it has not come for a whole day', () => {
    const hours = comes(MONDAY, 8, always);
    expect(silenceOf(hours, MONDAY)).toEqual({ isSilent: false, since: MONDAY, next: MONDAY + DAY });
    expect(silenceOf(hours, MONDAY + DAY - 1).isSilent).toBe(false);
    expect(silenceOf(hours, MONDAY + DAY)).toEqual({ isSilent: true, since: MONDAY });
  });

  test('is not silent at night', () => {
    const hours = comes(MONDAY, 8, byDay);
    for (let hour = 0; hour < 18; hour += 1) expect(silenceOf(hours, MONDAY + hour * HOUR).isSilent).toBe(false);
    // The last came before 18:00.
    expect(silenceOf(hours, MONDAY + 18 * HOUR).isSilent).toBe(true);
  });

  test('is not silent for ever: after a week nobody has to hear of it', () => {
    const hours = comes(MONDAY, 8, always);
    expect(silenceOf(hours, MONDAY + 7 * DAY - 1).isSilent).toBe(true);
    expect(silenceOf(hours, MONDAY + 7 * DAY)).toEqual({ isSilent: false, since: MONDAY });
  });
});

describe('an event that rests at weekends', () => {
  const friday = MONDAY + 4 * DAY;

  test('is not silent at one, nor on the Monday after it', () => {
    const weeks = comes(friday + DAY, 26, onWeekdays);
    for (let hour = 0; hour < 56; hour += 1) {
      expect(silenceOf(weeks, friday + DAY + hour * HOUR).isSilent).toBe(false);
    }
  });

  test('is silent six hours after it should have come ten times', () => {
    const weeks = comes(friday + DAY, 26, onWeekdays);
    const monday = friday + 3 * DAY;
    expect(silenceOf(weeks, friday + DAY).next).toBe(monday + 19 * HOUR);
    expect(silenceOf(weeks, monday + 18 * HOUR).isSilent).toBe(false);
    expect(silenceOf(weeks, monday + 19 * HOUR).isSilent).toBe(true);
  });

  test('is silent on a weekday', () => {
    const weeks = comes(MONDAY + 1 * DAY + 10 * HOUR, 26, onWeekdays);
    expect(silenceOf(weeks, MONDAY + 2 * DAY + 10 * HOUR).isSilent).toBe(true);
  });
});

describe('an event is never silent', () => {
  test.each([
    ['that never came', []],
    ['that is new', comes(MONDAY, 6, always)],
    ['that comes nine times a day', comes(MONDAY, 22, (at) => (at.getUTCHours() < 9 ? 1 : 0))],
    ['that came once, often', [{ at: MONDAY - HOUR, count: 1000 }]],
    ['that had a quiet day', comes(MONDAY, 8, (at) => (at.getUTCDay() === 6 ? 0 : 1))],
  ])('%s', (_, hours) => {
    for (let hour = 0; hour < 8 * 24; hour += 1) {
      const { isSilent, next } = silenceOf(hours, MONDAY + hour * HOUR);
      expect(isSilent).toBe(false);
      // Nothing is looked at again and again, either.
      expect(next).toBeUndefined();
    }
  });
});
