import { describe, expect, it } from 'vitest';
import { type Rest, restUntil } from '../../../core/journeys/wait-until.ts';
import { iso } from '../../../core/time/instant.ts';
import { evaluationContextOf, runOf } from './builders.ts';

const ENTRY = Date.parse('2026-11-02T01:00:00.000Z');

/** Until when one who left the stop before at `at` rests. */
async function until(
  rest: Rest,
  { at = iso(ENTRY), timezone = 'Asia/Shanghai', traits = {}, data = {}, visits = 1 } = {},
): Promise<string> {
  const run = runOf({ at: ENTRY, visits: { stop: { count: visits, at: ENTRY } } });
  const context = async () => ({ ...evaluationContextOf({ timezone, traits }), data });
  const found = await restUntil(rest, { id: 'stop', run, at: Date.parse(at), context });
  return 'until' in found
    ? `${iso(found.until)}${found.warning === undefined ? '' : ` (${found.warning})`}`
    : `→ ${found.onMissing}: ${found.warning}`;
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
    expect(await until({ trait: 'left', time: '00:00' }, { traits })).toBe('2026-12-31T16:00:00.000Z');
  });

  it('is met to the second where it is an instant, hours or calendar days before or after', async () => {
    const traits = { starts: '2027-03-28T09:30:15.000Z', plan: { endsOn: '2026/12/1' } };
    const berlin = { timezone: 'Europe/Berlin', traits };
    expect(await until({ trait: 'starts' }, berlin)).toBe('2027-03-28T09:30:15.000Z');
    expect(await until({ trait: 'starts', offset: '-2h' }, berlin)).toBe('2027-03-28T07:30:15.000Z');
    // The clocks go forward that night: the same local time on the day before.
    expect(await until({ trait: 'starts', offset: '-1d' }, berlin)).toBe('2027-03-27T10:30:15.000Z');
    expect(await until({ trait: 'plan.endsOn', time: '10:00' }, { traits })).toBe('2026-12-01T02:00:00.000Z');
    expect(await until({ trait: 'plan.endsOn', time: '10:00', offset: '-12h' }, { traits })).toBe(
      '2026-11-30T14:00:00.000Z',
    );
  });

  it('may be one that the run holds', async () => {
    const data = { session: { at: '2026-12-01T07:00:00.000Z' } };
    expect(await until({ data: 'session.at', offset: '-1h' }, { data })).toBe('2026-12-01T06:00:00.000Z');
  });

  it('leads another way where it is missing and a way is given', async () => {
    expect(await until({ data: 'session.at', onMissing: 'done' })).toBe('→ done: session.at is missing, or no date');
  });

  it('comes every month, on its last day where it has no such day', async () => {
    const monthly = { trait: 'paysOn', every: 'month', time: '09:00' } as const;
    const traits = { paysOn: '2026-01-31' };
    expect(await until(monthly, { traits })).toBe('2026-11-30T01:00:00.000Z');
    expect(await until(monthly, { traits, at: '2026-11-30T01:00:00.001Z' })).toBe('2026-12-31T01:00:00.000Z');
    expect(await until({ ...monthly, offset: '-3d' }, { traits, at: '2027-02-01T00:00:00Z' })).toBe(
      '2027-02-25T01:00:00.000Z',
    );
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
      expect(await until(birthday, { at, traits })).toBe(`${at} (the trait birthday is missing, or no date)`);
    },
  );
});
