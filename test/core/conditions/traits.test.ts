import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import type { Condition, JourneyCondition } from '../../../core/conditions/schema.ts';
import { JourneyConditionSchema } from '../../../core/conditions/schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { at, context, NOW } from './builders.ts';

const traits = {
  city: 'Shanghai',
  home: { city: 'Shanghai', rooms: [{ m2: 12 }, { m2: 30 }] },
  'plan.name': 'gold',
  score: 10,
  vip: true,
  tastes: ['baby', 'toys'],
  since: '2026-10-25T04:00:00.000Z',
  expires: '2026-12-01',
  removed: null,
};

const is = (condition: JourneyCondition): boolean =>
  evaluate(JourneyConditionSchema.parse(condition), context({ traits, data: { city: 'Shanghai' } })).is;

describe('a condition on a trait', () => {
  it.each<[Condition]>([
    [{ trait: 'city', eq: 'Shanghai' }],
    [{ trait: 'city', ne: 'Beijing' }],
    [{ trait: 'city', in: ['Beijing', 'Shanghai'] }],
    [{ trait: 'city', notIn: ['Beijing'] }],
    [{ trait: 'city', contains: 'hang' }],
    [{ trait: 'city', startsWith: 'Sha' }],
    [{ trait: 'city', gt: 'Beijing' }],
    [{ trait: 'score', gte: 10, lte: 10 }],
    [{ trait: 'score', gt: 9, lt: 11 }],
    [{ trait: 'vip', eq: true }],
    [{ trait: 'tastes', contains: 'toys' }],
    [{ trait: 'tastes', eq: 'baby' }],
    [{ trait: 'home.rooms.m2', gte: 30 }],
    [{ trait: 'plan.name', eq: 'gold' }],
    [{ trait: 'since', lt: '2026-10-25T13:00:00+08:00' }],
    [{ trait: 'since', eq: '2026-10-25T12:00:00+08:00' }],
    [{ trait: 'expires', gt: '2026-11-30T23:59:59Z' }],
    [{ trait: 'city', eq: { trait: 'home.city' } }],
    [{ trait: 'removed', exists: false }],
    [{ trait: 'nothing', ne: 1, notIn: [2], exists: false }],
  ])('%j holds', (condition) => {
    expect(is(condition)).toBe(true);
  });

  it.each<[Condition]>([
    [{ trait: 'score', eq: '10' }],
    [{ trait: 'score', gt: '9' }],
    [{ trait: 'vip', eq: 'true' }],
    [{ trait: 'vip', eq: 1 }],
    [{ trait: 'city', lt: '2026-01-01' }],
    [{ trait: 'city', contains: 'SHANG' }],
    [{ trait: 'tastes', contains: 'toy' }],
    [{ trait: 'tastes', ne: 'baby' }],
    [{ trait: 'home', eq: 'Shanghai' }],
    [{ trait: 'score', gte: 10, lt: 10 }],
    [{ trait: 'nothing', lt: 5 }],
    [{ trait: 'nothing', olderThan: '1d' }],
    [{ trait: 'nothing', contains: '' }],
    [{ trait: 'nothing', eq: { trait: 'alsoNothing' } }],
    [{ trait: 'score', olderThan: '1d' }],
    [{ trait: 'constructor', exists: true }],
  ])('%j does not', (condition) => {
    expect(is(condition)).toBe(false);
  });

  it('compares with what the run knows', () => {
    expect(is({ trait: 'city', eq: { data: 'city' } })).toBe(true);
    expect(is({ data: 'city', eq: { trait: 'home.city' } })).toBe(true);
  });
});

/** Truth at `now`, and the instant of its change. */
function verdict(condition: Condition, now: string, dates: Record<string, unknown>, timezone = 'Asia/Shanghai') {
  const { is: truth, changesAt } = evaluate(condition, context({ now: at(now), traits: dates, timezone }));
  return changesAt === undefined ? [truth] : [truth, iso(changesAt)];
}

describe('the age of a date', () => {
  const created = { createdAt: '2026-10-25T04:00:00.000Z' };

  it('is older than D from exactly D later on', () => {
    const older: Condition = { trait: 'createdAt', olderThan: '30d' };
    expect(verdict(older, '2026-11-24T03:59:59.999Z', created)).toEqual([false, '2026-11-24T04:00:00.000Z']);
    expect(verdict(older, '2026-11-24T04:00:00.000Z', created)).toEqual([true]);
  });

  it('is newer than D until then', () => {
    const newer: Condition = { trait: 'createdAt', newerThan: '30d' };
    expect(verdict(newer, '2026-11-24T03:59:59.999Z', created)).toEqual([true, '2026-11-24T04:00:00.000Z']);
    expect(verdict(newer, '2026-11-24T04:00:00.000Z', created)).toEqual([false]);
  });

  it('may lie ahead: more than two days and at most three to come', () => {
    const soon: Condition = {
      all: [
        { trait: 'createdAt', newerThan: '-2d' },
        { trait: 'createdAt', olderThan: '-3d' },
      ],
    };
    expect(verdict(soon, '2026-10-22T03:59:59.999Z', created)).toEqual([false, '2026-10-22T04:00:00.000Z']);
    expect(verdict(soon, '2026-10-22T04:00:00.000Z', created)).toEqual([true, '2026-10-23T04:00:00.000Z']);
    expect(verdict(soon, '2026-10-23T04:00:00.000Z', created)[0]).toBe(false);
  });

  it('is read as people write it, as waits and date entries read it', () => {
    for (const endsOn of ['2026-10-25', '2026/10/25', '2026.10.25', '20261025', '2026年10月25日'])
      expect(verdict({ trait: 'endsOn', olderThan: '-3d' }, '2026-10-22T00:00:00Z', { endsOn })).toEqual([true]);
  });

  it("of a date without a time counts from the customer's midnight, as a wait until it does", () => {
    const over: Condition = { trait: 'endsOn', olderThan: '0d' };
    const ends = { endsOn: '2026-10-25' };
    expect(verdict(over, '2026-10-24T15:59:59.999Z', ends)).toEqual([false, '2026-10-24T16:00:00.000Z']);
    expect(verdict(over, '2026-10-24T16:00:00.000Z', ends)).toEqual([true]);
  });

  it('of several dates is that of any', () => {
    const several = { visits: ['2026-11-01T00:00:00Z', '2026-11-20T00:00:00Z', 'never'] };
    expect(verdict({ trait: 'visits', newerThan: '10d' }, '2026-11-05T00:00:00Z', several)).toEqual([
      true,
      '2026-11-30T00:00:00.000Z',
    ]);
  });
});

describe('an anniversary', () => {
  const within: Condition = { trait: 'birthday', anniversaryWithin: '7d' };

  it('is near from the midnight seven days before to the midnight after, there', () => {
    const born = { birthday: '1990-12-01' };
    expect(verdict(within, '2026-11-23T15:59:59Z', born)).toEqual([false, '2026-11-23T16:00:00.000Z']);
    expect(verdict(within, '2026-11-23T16:00:00Z', born)).toEqual([true, '2026-12-01T16:00:00.000Z']);
    expect(verdict(within, '2026-12-01T15:59:59Z', born)).toEqual([true, '2026-12-01T16:00:00.000Z']);
    expect(verdict(within, '2026-12-01T16:00:00Z', born)).toEqual([false, '2027-11-23T16:00:00.000Z']);
    expect(verdict(within, '2026-11-24T04:59:59Z', born, 'America/New_York')).toEqual([
      false,
      '2026-11-24T05:00:00.000Z',
    ]);
  });

  it('is near of a date as people write it', () => {
    for (const birthday of ['1990/12/1', '19901201', '1990年12月1日'])
      expect(verdict(within, '2026-11-23T16:00:00Z', { birthday })).toEqual([true, '2026-12-01T16:00:00.000Z']);
  });

  it('of 29 February is the 28th in other years', () => {
    const today: Condition = { trait: 'birthday', anniversaryWithin: '0d' };
    const born = { birthday: '2000-02-29' };
    expect(verdict(today, '2027-02-28T12:00:00+08:00', born)).toEqual([true, '2027-02-28T16:00:00.000Z']);
    expect(verdict(today, '2028-02-28T12:00:00+08:00', born)).toEqual([false, '2028-02-28T16:00:00.000Z']);
    expect(verdict(today, '2028-02-29T12:00:00+08:00', born)).toEqual([true, '2028-02-29T16:00:00.000Z']);
  });

  it('near the turn of the year belongs to the next', () => {
    const born = { birthday: '1990-01-03' };
    expect(verdict(within, '2026-12-31T04:00:00Z', born)).toEqual([true, '2027-01-03T16:00:00.000Z']);
  });

  it('of an instant is that of its day there', () => {
    const joined = { birthday: '2020-11-30T20:00:00Z' };
    expect(verdict({ trait: 'birthday', anniversaryWithin: '0d' }, '2026-12-01T04:00:00Z', joined)).toEqual([
      true,
      '2026-12-01T16:00:00.000Z',
    ]);
  });

  it.each(['9999-12-31T23:59:59.999Z', '0000-01-01T00:00:00Z'])(
    'of %s, in a year beyond there, is no fault',
    (birthday) => {
      for (const timezone of ['Asia/Shanghai', 'America/New_York'])
        expect(verdict(within, '2026-06-01T04:00:00Z', { birthday }, timezone)[0]).toBe(false);
    },
  );

  it('turns at the first instant of a day that has no midnight', () => {
    const born = { birthday: '1990-03-29' };
    const day: Condition = { trait: 'birthday', anniversaryWithin: '0d' };
    expect(verdict(day, '2026-03-28T12:00:00Z', born, 'Asia/Beirut')).toEqual([false, '2026-03-28T22:00:00.000Z']);
  });

  it('of what is no date is never', () => {
    expect(verdict(within, iso(NOW), { birthday: '11-30' })).toEqual([false]);
  });
});
