import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { iso, parseInstant } from '../../../core/time/instant.ts';
import {
  instantOf,
  isTimezone,
  localDate,
  nextLocalTime,
  spanOfDates,
  startOfLocalDay,
} from '../../../core/time/local.ts';

const at = (text: string): number => parseInstant(text) ?? Number.NaN;

describe('local time', () => {
  it('knows the timezones of the IANA database by name only', () => {
    for (const name of ['Asia/Shanghai', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5']) {
      expect(isTimezone(name)).toBe(true);
    }
    for (const name of ['', 'Mars/Olympus', '+08:00', 'Asia/Shanghai ', '8']) expect(isTimezone(name)).toBe(false);
  });

  it('gives the date there, not here', () => {
    expect(localDate(at('2026-11-24T15:59:59.999Z'), 'Asia/Shanghai')).toBe('2026-11-24');
    expect(localDate(at('2026-11-24T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-25');
    expect(localDate(at('2026-01-01T04:59:59Z'), 'America/New_York')).toBe('2025-12-31');
  });

  it('gives the last date of four digits, where a later one is on the calendar', () => {
    expect(localDate(at('9999-12-31T23:59:59.999Z'), 'Asia/Shanghai')).toBe('9999-12-31');
    expect(localDate(at('0000-01-01T00:00:00Z'), 'America/New_York')).toBe('0000-01-01');
    expect(spanOfDates('9999-12-31', '9999-12-31', 'UTC')).toMatchObject({ from: at('9999-12-31') });
  });

  it('takes the first instant after the gap for a time that daylight saving skips', () => {
    expect(iso(instantOf('2026-03-08', '02:30', 'America/New_York'))).toBe('2026-03-08T07:00:00.000Z');
    expect(iso(instantOf('2026-03-08', '02:00', 'America/New_York'))).toBe('2026-03-08T07:00:00.000Z');
    expect(iso(instantOf('2026-03-08', '03:00', 'America/New_York'))).toBe('2026-03-08T07:00:00.000Z');
  });

  it('takes the first of a time that comes twice', () => {
    expect(iso(instantOf('2026-11-01', '01:30', 'America/New_York'))).toBe('2026-11-01T05:30:00.000Z');
  });

  it('begins a day whose midnight is skipped when it begins', () => {
    // Beirut goes from 24:00 to 01:00 on 29 March 2026.
    expect(iso(startOfLocalDay(at('2026-03-29T12:00:00Z'), 'Asia/Beirut'))).toBe('2026-03-28T22:00:00.000Z');
    expect(iso(instantOf('2026-03-28', '24:00', 'Asia/Beirut'))).toBe('2026-03-28T22:00:00.000Z');
  });

  it('finds the next local time, now included, on the wanted days', () => {
    const ten = { time: '10:00' };
    expect(iso(nextLocalTime(at('2026-11-24T02:00:00Z'), 'Asia/Shanghai', ten))).toBe('2026-11-24T02:00:00.000Z');
    expect(iso(nextLocalTime(at('2026-11-24T02:00:00.001Z'), 'Asia/Shanghai', ten))).toBe('2026-11-25T02:00:00.000Z');
    const monday = { time: '10:00', days: ['mon'] as const };
    expect(iso(nextLocalTime(at('2026-11-23T02:00:01Z'), 'Asia/Shanghai', monday))).toBe('2026-11-30T02:00:00.000Z');
    expect(iso(nextLocalTime(at('2026-11-24T16:00:00Z'), 'Asia/Shanghai', { time: '24:00' }))).toBe(
      '2026-11-24T16:00:00.000Z',
    );
    expect(() => nextLocalTime(0, 'UTC', { time: '10:00', days: [] })).toThrow(RangeError);
  });

  it('agrees with Temporal in zones with every kind of change', () => {
    const zones = ['America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Kathmandu', 'America/Nuuk'];
    const from = Date.UTC(2020, 0, 1);
    const moments = fc.record({
      zone: fc.constantFrom(...zones),
      ms: fc.integer({ min: from, max: Date.UTC(2030, 0, 1) }),
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(moments, ({ zone, ms, hour, minute }) => {
        const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
        expect(localDate(ms, zone)).toBe(there.toPlainDate().toString());
        expect(startOfLocalDay(ms, zone)).toBe(there.startOfDay().epochMilliseconds);
        const wanted = there.toPlainDate().toPlainDateTime({ hour, minute });
        const found = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' });
        const exists = found.toPlainDateTime().equals(wanted);
        const expected = exists ? found : found.getTimeZoneTransition('next');
        const time = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
        expect(instantOf(there.toPlainDate().toString(), time, zone)).toBe(expected?.epochMilliseconds);
      }),
      { numRuns: 1500, seed: 20261124 },
    );
  });
});
