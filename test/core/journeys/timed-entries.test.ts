import { describe, expect, it } from 'vitest';
import { nextTimedInstant, type TimedEntry, timedInstants } from '../../../core/journeys/timed-entries.ts';

const ms = (iso: string) => Date.parse(iso);
const person = (birthday: unknown, timezone = 'Asia/Shanghai') => ({
  timezone,
  trait: (name: string) => (name === 'birthday' ? (birthday as string) : undefined),
});
const BIRTHDAY = { trait: 'birthday', offset: '-7d', time: '09:00', every: 'year' as const };
const shown = (found: { at: number; key: string } | undefined) =>
  found && `${new Date(found.at).toISOString()} ${found.key}`;

describe('the date of an entry', () => {
  it('comes every year, in the customer’s timezone', () => {
    expect(shown(nextTimedInstant({ date: BIRTHDAY }, person('1990-12-10'), ms('2026-11-24T00:00:00Z')))).toBe(
      '2026-12-03T01:00:00.000Z 2026',
    );
    expect(
      shown(nextTimedInstant({ date: BIRTHDAY }, person('1990-12-10', 'Europe/Berlin'), ms('2026-11-24T00:00:00Z'))),
    ).toBe('2026-12-03T08:00:00.000Z 2026');
  });

  it.each(['9999-12-31', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59-12:00'])(
    'of %s, which systems write for "never", is no fault',
    (date) => {
      const after = ms('2026-11-24T00:00:00Z');
      for (const timezone of ['Asia/Shanghai', 'America/New_York']) {
        for (const offset of ['7d', '-7d', '999h']) {
          const once = nextTimedInstant(
            { date: { trait: 'birthday', offset, time: '09:00' } },
            person(date, timezone),
            after,
          );
          expect(shown(once)).toMatch(/^9999-12-\d\dT\S+Z 9999-12-31$/);
          for (const every of ['year', 'month'] as const) {
            const entry = { date: { trait: 'birthday', offset, every } };
            expect(nextTimedInstant(entry, person(date, timezone), after)).toBeUndefined();
          }
        }
      }
    },
  );

  it('that is past this year comes next year', () => {
    expect(shown(nextTimedInstant({ date: BIRTHDAY }, person('1990-11-30'), ms('2026-11-24T00:00:00Z')))).toBe(
      '2027-11-23T01:00:00.000Z 2027',
    );
  });

  it('before a birthday early in January lies in the old year, and counts for the new', () => {
    expect(shown(nextTimedInstant({ date: BIRTHDAY }, person('1990-01-03'), ms('2026-11-24T00:00:00Z')))).toBe(
      '2026-12-27T01:00:00.000Z 2027',
    );
  });

  it('of 29 February is the 28th in other years', () => {
    const onTheDay = { trait: 'birthday', every: 'year' as const };
    const instants = timedInstants(
      { date: onTheDay },
      person('2000-02-29'),
      ms('2026-01-01T00:00:00Z'),
      ms('2028-12-31T00:00:00Z'),
    );
    expect(instants.map(({ at }) => new Date(at + 8 * 3600_000).toISOString().slice(0, 10))).toEqual([
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
    ]);
  });

  it('holds (after, until], and comes once where it is not yearly', () => {
    const once = { trait: 'birthday', time: '10:00' };
    const at = ms('2026-12-10T02:00:00Z');
    expect(timedInstants({ date: once }, person('2026-12-10'), at - 1, at)).toEqual([{ at, key: '2026-12-10' }]);
    expect(timedInstants({ date: once }, person('2026-12-10'), at, at + 1)).toEqual([]);
    expect(nextTimedInstant({ date: once }, person('2026-12-10'), at)).toBeUndefined();
  });

  it('is read as people write it', () => {
    const read = (value: string) => nextTimedInstant({ date: BIRTHDAY }, person(value), ms('2026-11-24T00:00:00Z'));
    for (const value of ['1990/12/10', '1990.12.10', '19901210', '1990年12月10日', ' 1990 年 12 月 10 號'])
      expect([value, shown(read(value))]).toEqual([value, '2026-12-03T01:00:00.000Z 2026']);
  });

  it('of a trait that is missing or no date never comes', () => {
    for (const value of [undefined, 'soon', 17, '2026-02-30', '20260230', '2026年2月30日', 19901210])
      expect(nextTimedInstant({ date: BIRTHDAY }, person(value), ms('2026-11-24T00:00:00Z'))).toBeUndefined();
  });
});

describe('the date of an entry that comes again or moves', () => {
  const from = ms('2026-11-24T00:00:00Z');
  const all = (date: object, value: string, until: string) =>
    timedInstants(
      { date: { trait: 'birthday', time: '09:00', ...date } } as TimedEntry,
      person(value),
      from,
      ms(until),
    ).map(shown);

  it('comes every month, on the last day of a shorter one', () => {
    expect(all({ every: 'month' }, '2026-01-31', '2027-03-01T00:00:00Z')).toEqual([
      '2026-11-30T01:00:00.000Z 2026-11',
      '2026-12-31T01:00:00.000Z 2026-12',
      '2027-01-31T01:00:00.000Z 2027-01',
      '2027-02-28T01:00:00.000Z 2027-02',
    ]);
    expect(all({ every: 'month', offset: '-5d' }, '2026-12-03', '2027-01-01T00:00:00Z')).toEqual([
      '2026-11-28T01:00:00.000Z 2026-12',
      '2026-12-29T01:00:00.000Z 2027-01',
    ]);
  });

  it('that comes once is a key of its own', () => {
    expect(all({ offset: '-30d' }, '2027-01-15', '2027-03-01T00:00:00Z')).toEqual([
      '2026-12-16T01:00:00.000Z 2027-01-15',
    ]);
    expect(all({ offset: '-30d' }, '2027-02-15', '2027-03-01T00:00:00Z')).toEqual([
      '2027-01-16T01:00:00.000Z 2027-02-15',
    ]);
  });
});

describe('the schedule of an entry', () => {
  const days = (schedule: object, from: string, until: string, timezone = 'Asia/Shanghai') =>
    timedInstants({ schedule } as TimedEntry, person(undefined, timezone), ms(from), ms(until)).map(({ at }) =>
      new Date(at).toISOString(),
    );

  it('is due on its weekdays at the local time', () => {
    const mondays = { every: 'week', days: ['mon'], time: '10:00' };
    expect(days(mondays, '2026-11-24T00:00:00Z', '2026-12-08T00:00:00Z')).toEqual([
      '2026-11-30T02:00:00.000Z',
      '2026-12-07T02:00:00.000Z',
    ]);
    expect(days({ ...mondays, timezone: 'UTC' }, '2026-11-30T00:00:00Z', '2026-11-30T10:00:00Z')).toEqual([
      '2026-11-30T10:00:00.000Z',
    ]);
  });

  it('is due on the last day of a month that is shorter, once', () => {
    const monthly = { every: 'month', days: [30, 31], time: '09:00', timezone: 'UTC' };
    expect(days(monthly, '2027-01-30T12:00:00Z', '2027-05-01T00:00:00Z')).toEqual([
      '2027-01-31T09:00:00.000Z',
      '2027-02-28T09:00:00.000Z',
      '2027-03-30T09:00:00.000Z',
      '2027-03-31T09:00:00.000Z',
      '2027-04-30T09:00:00.000Z',
    ]);
  });

  it('is due on days of the month, the last among them', () => {
    const monthly = { every: 'month', days: [15, 'last'], time: '00:30', timezone: 'UTC' };
    expect(days(monthly, '2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z')).toEqual([
      '2027-02-15T00:30:00.000Z',
      '2027-02-28T00:30:00.000Z',
    ]);
  });

  it('keeps between its days', () => {
    const daily = { every: 'day', time: '08:00', timezone: 'UTC', from: '2026-12-02', until: '2026-12-03' };
    expect(days(daily, '2026-12-01T00:00:00Z', '2026-12-31T00:00:00Z')).toEqual([
      '2026-12-02T08:00:00.000Z',
      '2026-12-03T08:00:00.000Z',
    ]);
  });
});
