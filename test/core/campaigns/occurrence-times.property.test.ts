import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  instantInZone,
  lastInstant,
  nextOccurrence,
  type OccurrenceTime,
} from '../../../core/campaigns/occurrence-times.ts';
import { addDays, dateOfDay, dayNumber } from '../../../core/time/calendar.ts';
import { iso } from '../../../core/time/instant.ts';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const ZONES = Intl.supportedValuesOf('timeZone');

const formats = new Map<string, Intl.DateTimeFormat>();
/** `YYYY-MM-DDTHH:mm` on the clocks of the timezone. */
function clock(at: number, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' });
  formats.set(timeZone, format);
  return format.format(at).replace(' ', 'T');
}

/**
 * Goes through the minutes from before the local time comes anywhere, and takes the first when clocks show it or more. Offsets change only at quarters of
 * an hour: those that end before the time are passed whole.
 */
function minuteOf(date: string, time: string, timezone: string): number {
  const wanted = `${date}T${time}`;
  for (let quarter = Date.parse(`${wanted.slice(0, 13)}:00Z`) - 16 * HOUR; ; quarter += QUARTER) {
    if (clock(quarter + QUARTER - MINUTE, timezone) < wanted) continue;
    for (let at = quarter; at < quarter + QUARTER; at += MINUTE) if (clock(at, timezone) >= wanted) return at;
  }
}

const dates = fc.integer({ min: dayNumber('2024-01-01'), max: dayNumber('2037-12-31') }).map(dateOfDay);
const times = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
/** The days of the clock changes of some zones, at the hours around them. */
const changes = fc.tuple(
  fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-09-06', '2026-10-04', '2026-10-25', '2026-11-01'),
  fc.constantFrom('00:00', '00:30', '01:00', '01:30', '01:59', '02:00', '02:15', '02:30', '03:00', '23:30', '23:59'),
);

it('gives the instant that a walk over the minutes finds, in every timezone', () => {
  for (const [index, timezone] of ZONES.entries()) {
    const sample = fc.sample(fc.oneof(fc.tuple(dates, times), changes), { seed: 128 + index, numRuns: 5 });
    for (const [date, time] of sample) {
      const at = { time: `${date}T${time}`, timezone: 'customer' };
      const there = instantInZone(at, date, timezone);
      expect([timezone, at.time, iso(there)]).toEqual([timezone, at.time, iso(minuteOf(date, time, timezone))]);
      expect(there).toBeGreaterThanOrEqual(nextOccurrence(at, 0)?.at ?? Number.NaN);
      expect(there).toBeLessThanOrEqual(lastInstant(at, date));
      expect(instantInZone({ ...at, timezone }, date, 'UTC')).toBe(there);
    }
  }
});

/** One of the timezones whose clocks show the same every fifth day of the two years. */
function differentZones(): string[] {
  const days = Array.from({ length: 147 }, (_, index) => Date.parse('2026-06-01T00:00:00Z') + index * 120 * HOUR);
  return [...new Map(ZONES.map((zone) => [days.map((day) => clock(day, zone)).join(), zone])).values()];
}

it('loses and doubles no occurrence of two years, in every timezone', () => {
  const zones = differentZones();
  expect(zones.length).toBeGreaterThan(45);
  for (const [index, timezone] of zones.entries()) {
    const [time = ''] = fc.sample(fc.oneof(times, fc.constantFrom('00:00', '00:30', '02:00', '02:30')), {
      seed: 2_000 + index,
      numRuns: 1,
    });
    const daily = { every: 'day', time, timezone, from: '2026-06-01', until: '2028-05-31' } as const;
    const found: OccurrenceTime[] = [];
    let last = Date.parse('2026-05-01T00:00:00Z');
    for (let next = nextOccurrence(daily, last); next !== undefined; next = nextOccurrence(daily, last)) {
      found.push(next);
      last = next.at;
    }
    const expected = Array.from({ length: 731 }, (_, day) => addDays('2026-06-01', day));
    expect([timezone, ...found]).toEqual([
      timezone,
      ...expected.map((date) => ({ date, at: instantInZone(daily, date, 'UTC') })),
    ]);
    expect(found.every(({ at }, day) => day === 0 || at > (found[day - 1]?.at ?? at))).toBe(true);
  }
});

it('loses and doubles no occurrence whenever it is asked', () => {
  const schedules = fc.oneof(
    fc.record({
      every: fc.constantFrom('day' as const, 'week' as const),
      days: fc.option(
        fc.uniqueArray(fc.constantFrom('mon' as const, 'wed' as const, 'sun' as const), { minLength: 1 }),
        {
          nil: undefined,
        },
      ),
    }),
    fc.record({
      every: fc.constant('month' as const),
      days: fc.uniqueArray(fc.constantFrom(1, 15, 29, 30, 31, 'last' as const), { minLength: 1 }),
    }),
  );
  const zones = fc.constantFrom('customer', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Cairo');
  fc.assert(
    fc.property(
      schedules,
      times,
      zones,
      dates,
      fc.integer({ min: 0, max: 2879 }),
      (days, time, timezone, from, minutes) => {
        const schedule = { ...days, time, timezone };
        const asked = Date.parse(from) + minutes * MINUTE;
        const next = nextOccurrence(schedule, asked);
        if (next === undefined) throw new Error('a schedule without an end has a next occurrence');
        // Between the two is none: who asked a little earlier gets the same.
        for (const share of [0.01, 0.5, 0.99]) {
          const between = asked + Math.floor((next.at - asked) * share);
          expect(nextOccurrence(schedule, Math.min(between, next.at - 1))).toEqual(next);
        }
        expect(next.at - asked).toBeLessThanOrEqual(33 * 24 * HOUR);
      },
    ),
    { seed: 128, numRuns: 300 },
  );
});
