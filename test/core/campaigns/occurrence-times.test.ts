import { describe, expect, it } from 'vitest';
import {
  instantInZone,
  lastInstant,
  nextOccurrence,
  type OccurrenceTimes,
  occurrenceUnderWay,
} from '../../../core/campaigns/occurrence-times.ts';
import { iso } from '../../../core/time/instant.ts';

const ms = (text: string) => Date.parse(text);
const next = (times: OccurrenceTimes, after: string) => {
  const found = nextOccurrence(times, ms(after));
  return found && `${found.date} ${iso(found.at)}`;
};
const datesAfter = (times: OccurrenceTimes, from: string, count: number) => {
  const dates: string[] = [];
  for (let found = nextOccurrence(times, ms(from)); found !== undefined && dates.length < count; ) {
    dates.push(found.date);
    found = nextOccurrence(times, found.at);
  }
  return dates;
};

describe('a campaign that is sent once', () => {
  const inShanghai = { time: '2026-11-30T10:00', timezone: 'Asia/Shanghai' };
  const everywhere = { time: '2026-11-30T10:00', timezone: 'customer' };

  it('has one occurrence, strictly after the instant asked for', () => {
    expect(next(inShanghai, '2026-11-30T01:59:59.999Z')).toBe('2026-11-30 2026-11-30T02:00:00.000Z');
    expect(next(inShanghai, '2026-11-30T02:00:00Z')).toBeUndefined();
    expect(next(inShanghai, '2020-01-01T00:00:00Z')).toBe('2026-11-30 2026-11-30T02:00:00.000Z');
  });

  it('begins for customers in their own timezones when the first of these has it', () => {
    expect(next(everywhere, '2026-11-01T00:00:00Z')).toBe('2026-11-30 2026-11-29T20:00:00.000Z');
    expect(iso(instantInZone(everywhere, '2026-11-30', 'Pacific/Kiritimati'))).toBe('2026-11-29T20:00:00.000Z');
    expect(iso(instantInZone(everywhere, '2026-11-30', 'Asia/Shanghai'))).toBe('2026-11-30T02:00:00.000Z');
    expect(iso(lastInstant(everywhere, '2026-11-30'))).toBe('2026-11-30T22:00:00.000Z');
  });

  it('in a fixed timezone comes at one instant for all', () => {
    expect(iso(instantInZone(inShanghai, '2026-11-30', 'America/New_York'))).toBe('2026-11-30T02:00:00.000Z');
    expect(iso(lastInstant(inShanghai, '2026-11-30'))).toBe('2026-11-30T02:00:00.000Z');
  });

  it('is under way from its first timezone to its last', () => {
    const dateAt = (now: string) => occurrenceUnderWay(everywhere, ms(now))?.date;
    expect(dateAt('2026-11-29T19:59:59Z')).toBeUndefined();
    expect(dateAt('2026-11-29T20:00:00Z')).toBe('2026-11-30');
    expect(dateAt('2026-11-30T21:59:59Z')).toBe('2026-11-30');
    expect(dateAt('2026-11-30T22:00:00Z')).toBeUndefined();
    expect(occurrenceUnderWay(inShanghai, ms('2026-11-30T02:00:00Z'))).toBeUndefined();
  });

  it('takes the first instant after a gap, and the first of two', () => {
    const skipped = { time: '2026-03-08T02:30', timezone: 'customer' };
    const twice = { time: '2026-11-01T01:30', timezone: 'customer' };
    expect(iso(instantInZone(skipped, '2026-03-08', 'America/New_York'))).toBe('2026-03-08T07:00:00.000Z');
    expect(iso(instantInZone(twice, '2026-11-01', 'America/New_York'))).toBe('2026-11-01T05:30:00.000Z');
  });
});

describe('a recurring campaign', () => {
  it('is sent for customers in their own timezones where it names none', () => {
    expect(next({ every: 'day', time: '10:00' }, '2026-11-29T20:00:00Z')).toBe('2026-12-01 2026-11-30T20:00:00.000Z');
  });

  it('comes on its weekdays, between its days', () => {
    const weekly = { every: 'week', days: ['mon', 'thu'], time: '10:00', timezone: 'UTC' } as const;
    expect(datesAfter(weekly, '2026-11-24T00:00:00Z', 3)).toEqual(['2026-11-26', '2026-11-30', '2026-12-03']);
    const between = { ...weekly, from: '2026-12-01', until: '2026-12-08' } as const;
    expect(datesAfter(between, '2026-11-24T00:00:00Z', 9)).toEqual(['2026-12-03', '2026-12-07']);
    const farOff = { ...weekly, from: '2031-01-01' } as const;
    expect(datesAfter(farOff, '2026-11-24T00:00:00Z', 1)).toEqual(['2031-01-02']);
  });

  it('comes once on the last day of a month that lacks day 31', () => {
    const monthly = { every: 'month', days: [30, 31, 'last'], time: '10:00', timezone: 'Asia/Shanghai' } as const;
    expect(datesAfter(monthly, '2027-01-30T12:00:00Z', 6)).toEqual([
      '2027-01-31',
      '2027-02-28',
      '2027-03-30',
      '2027-03-31',
      '2027-04-30',
      '2027-05-30',
    ]);
  });

  it('of every day has its newest occurrence under way', () => {
    const daily = { every: 'day', time: '10:00', timezone: 'customer', until: '2026-12-01' } as const;
    expect(occurrenceUnderWay(daily, ms('2026-11-30T21:00:00Z'))?.date).toBe('2026-12-01');
    expect(occurrenceUnderWay(daily, ms('2026-11-30T19:00:00Z'))?.date).toBe('2026-11-30');
    expect(occurrenceUnderWay(daily, ms('2026-12-01T22:00:00Z'))).toBeUndefined();
  });
});
