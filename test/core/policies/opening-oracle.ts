import fc from 'fast-check';
import { expect } from 'vitest';
import type { OpenWindow } from '../../../core/definitions/window.ts';
import type { Calendar } from '../../../core/policies/calendar.ts';
import { nextOpening } from '../../../core/policies/opening.ts';

/**
 * Send windows once more, as plainly as `docs/sending.md` says it and knowing nothing of `core/time`: the clock of the timezone is read at each
 * minute.
 */
const MINUTE = 60_000;
const DAY = 86_400_000;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const formats = new Map<string, Intl.DateTimeFormat>();
/** `2026-10-25 01:30`. */
function clock(ms: number, timezone: string): { date: string; time: string } {
  let format = formats.get(timezone);
  if (format === undefined) {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, ...fields });
    formats.set(timezone, format);
  }
  const [date = '', time = ''] = format.format(ms).split(' ');
  return { date, time };
}

interface Schedule {
  hours: readonly (readonly [string, string])[];
  days?: readonly string[] | undefined;
  calendar?: Calendar | undefined;
}
function isWorked(date: string, { days, calendar }: Schedule): boolean {
  if (calendar?.holidays.includes(date)) return false;
  if (calendar?.workdays.includes(date)) return true;
  return days === undefined || days.includes(WEEKDAYS[new Date(`${date}T00:00Z`).getUTCDay()] ?? '');
}

export interface Case {
  now: number;
  timezone: string;
  window: OpenWindow | undefined;
  calendar: Calendar | undefined;
  floors: [string, string][][];
}

/** What is compared: `nextOpening`, or who asks it. */
export type Answer = { open: true } | { skip: true } | { never: true } | { at: number; why: string };

const openingOf = ({ now, timezone, window, calendar, floors }: Case): Answer =>
  nextOpening(now, { window, calendar, floors }, timezone);

/** Fails where the answer is outside the hours, or where an earlier minute is within them. `patience`: days that a "never" is followed. */
export function compareWithMinutes(given: Case, patience = 10, answerOf: (given: Case) => Answer = openingOf): void {
  const { now, timezone, window, calendar, floors } = given;
  const answer = answerOf(given);
  const at = 'open' in answer ? now : 'at' in answer ? answer.at : undefined;
  const ofWindow: Schedule[] = window === undefined ? [] : [{ ...window, calendar }];
  const all: Schedule[] = [...ofWindow, ...floors.map((hours) => ({ hours }))];

  /** The latest time that the clock has shown on each date so far. */
  const shown = new Map<string, string>();
  const first = Math.floor(now / MINUTE) * MINUTE;
  const end = at === undefined ? first + patience * DAY : Math.floor(at / MINUTE) * MINUTE;
  for (let minute = first - 27 * 60 * MINUTE; minute <= end; minute += MINUTE) {
    const { date, time } = clock(minute, timezone);
    const latest = shown.get(date) ?? '';
    if (time > latest) shown.set(date, time);
    if (minute < first) continue;
    const isOpen = (schedule: Schedule) =>
      isWorked(date, schedule) &&
      // Hours whose end has come do not begin again when the clocks are put back.
      schedule.hours.some(([from, to]) => from <= time && time < to && latest < to);
    const context = `${new Date(minute).toISOString()} is ${date} ${time} in ${timezone}`;
    const isWindowOpen = ofWindow.every(isOpen);
    if (minute === first && 'skip' in answer) {
      expect(isWindowOpen, context).toBe(false);
      return;
    }
    if (minute === first && 'why' in answer)
      expect(answer.why, context).toBe(isWindowOpen ? 'country-hours' : 'outside-window');
    const isExpected = minute === end && at !== undefined;
    // Only where it fails: there are thousands of minutes.
    if (all.every(isOpen) !== isExpected) expect(!isExpected, context).toBe(isExpected);
  }
  if (at !== undefined && at !== now) expect(at % MINUTE).toBe(0);
}

const two = (value: number): string => String(value).padStart(2, '0');
const timeOf = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
/** Most clocks are changed before 04:00, at a whole hour. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 16 }).map((quarter) => quarter * 15),
  fc.integer({ min: 0, max: 1_440 }),
);
export const hours: fc.Arbitrary<[string, string][]> = fc
  .uniqueArray(time, { minLength: 2, maxLength: 6 })
  .map((times) => {
    const sorted = times.toSorted((a, b) => a - b).map(timeOf);
    const pairs: [string, string][] = [];
    for (let index = 0; index + 1 < sorted.length; index += 2)
      pairs.push([sorted[index] as string, sorted[index + 1] as string]);
    return pairs;
  });
const days = fc.option(
  fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, { minLength: 1 }).map((some) => [...some]),
  { nil: undefined },
);

/** Windows, floors and calendars around an instant. */
export const caseAt = (now: number, timezone: string): fc.Arbitrary<Case> => {
  const dates = fc
    .uniqueArray(fc.integer({ min: -1, max: 9 }), { maxLength: 8 })
    .map((some) => some.map((day) => new Date(now + day * DAY).toISOString().slice(0, 10)));
  const calendar = fc.tuple(dates, dates).map(
    ([holidays, others]): Calendar => ({
      holidays,
      workdays: others.filter((date) => !holidays.includes(date)),
    }),
  );
  return fc
    .record({
      window: fc.option(
        fc.record({
          hours,
          days,
          otherwise: fc.constantFrom('defer' as const, 'defer' as const, 'defer' as const, 'skip' as const),
        }),
        { nil: undefined, freq: 6 },
      ),
      calendar: fc.option(calendar, { nil: undefined }),
      floors: fc.array(hours, { maxLength: 2 }),
    })
    .map((one) => ({ now, timezone, ...one }));
};
