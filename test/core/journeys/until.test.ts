import { describe, expect, it } from 'vitest';
import { type Rest, restUntil } from '../../../core/journeys/until.ts';
import { iso } from '../../../core/time/instant.ts';
import { runOf, worldOf } from './builders.ts';

const ENTRY = Date.parse('2026-11-02T01:00:00.000Z');

/** Until when one who left the stop before at `at` rests. */
async function until(
  rest: Rest,
  { at = iso(ENTRY), timezone = 'Asia/Shanghai', traits = {}, visits = 1 } = {},
): Promise<string> {
  const run = runOf({ at: ENTRY, visits: { stop: { count: visits, at: ENTRY } } });
  const world = async () => worldOf({ timezone, traits });
  return iso(await restUntil(rest, { id: 'stop', run, at: Date.parse(at), world }));
}

describe('a duration', () => {
  it('counts from leaving the stop before', async () => {
    expect(await until('24h', { at: '2026-11-05T00:00:00.500Z' })).toBe('2026-11-06T00:00:00.500Z');
  });
});

describe('sinceEntry', () => {
  it('counts from the entry, though that be past', async () => {
    expect(await until({ sinceEntry: '72h' }, { at: '2026-11-04T01:00:00Z' })).toBe('2026-11-05T01:00:00.000Z');
    expect(await until({ sinceEntry: '1h' }, { at: '2026-11-04T01:00:00Z' })).toBe('2026-11-02T02:00:00.000Z');
  });
});

describe('a local time', () => {
  it.each([
    ['later today', '2026-11-02T01:00:00Z', {}, '2026-11-02T02:00:00.000Z'],
    ['tomorrow, when it is past', '2026-11-02T02:00:00.001Z', {}, '2026-11-03T02:00:00.000Z'],
    [
      'on the next of its days',
      '2026-11-02T01:00:00Z',
      { days: ['sun' as const, 'wed' as const] },
      '2026-11-04T02:00:00.000Z',
    ],
  ])('is met %s', async (_when, at, days, expected) => {
    expect(await until({ time: '10:00', ...days }, { at })).toBe(expected);
  });

  it('that strikes just now is met at once, but not by a run that comes again', async () => {
    const at = '2026-11-02T02:00:00.000Z';
    expect(await until({ time: '10:00' }, { at })).toBe(at);
    expect(await until({ time: '10:00' }, { at, visits: 2 })).toBe('2026-11-03T02:00:00.000Z');
  });

  it("is the customer's own", async () => {
    expect(await until({ time: '10:00' }, { timezone: 'Europe/Berlin' })).toBe('2026-11-02T09:00:00.000Z');
  });

  it('that daylight saving skips is the next that exists, and of two the first', async () => {
    const berlin = { timezone: 'Europe/Berlin' };
    expect(await until({ time: '02:30' }, { ...berlin, at: '2027-03-27T12:00:00Z' })).toBe('2027-03-28T01:00:00.000Z');
    expect(await until({ time: '02:30' }, { ...berlin, at: '2026-10-24T12:00:00Z' })).toBe('2026-10-25T00:30:00.000Z');
  });
});

describe('a date that the customer has', () => {
  const birthday = { trait: 'birthday', offset: '-3d', time: '09:00', every: 'year' } as const;

  it('is met at its local time, days before or after', async () => {
    const traits = { trial: '2026-12-24', left: '2026-12-31T20:00:00.000Z' };
    expect(await until({ trait: 'trial' }, { traits })).toBe('2026-12-23T16:00:00.000Z');
    expect(await until({ trait: 'trial', offset: '2d', time: '09:00' }, { traits })).toBe('2026-12-26T01:00:00.000Z');
    // In Shanghai that instant is New Year's Day.
    expect(await until({ trait: 'left' }, { traits })).toBe('2026-12-31T16:00:00.000Z');
  });

  it('comes every year: this one, or the next when it is past', async () => {
    expect(await until(birthday, { traits: { birthday: '1990-11-20' } })).toBe('2026-11-17T01:00:00.000Z');
    expect(await until(birthday, { traits: { birthday: '1990-11-04' } })).toBe('2027-11-01T01:00:00.000Z');
    expect(await until(birthday, { traits: { birthday: '1990-01-02' } })).toBe('2026-12-30T01:00:00.000Z');
  });

  it('on 29 February is 28 in other years', async () => {
    expect(await until({ trait: 'birthday', every: 'year' }, { traits: { birthday: '2000-02-29' } })).toBe(
      '2027-02-27T16:00:00.000Z',
    );
  });

  it.each([{}, { birthday: null }, { birthday: 'soon' }, { birthday: 19901120 }])(
    'is past where it is none: %j',
    async (traits) => {
      const at = '2026-11-05T00:00:00.000Z';
      expect(await until(birthday, { at, traits })).toBe(at);
    },
  );
});
