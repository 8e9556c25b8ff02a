import { describe, expect, it } from 'vitest';
import { DurationSchema, durationMs, durationWithin, PositiveDurationSchema } from '../../../core/time/duration.ts';

describe('a duration within bounds', () => {
  it.each([
    ['4s', ['must be at least "5s"']],
    ['5s', []],
    ['72h', []],
    ['73h', ['must be at most "72h"']],
    ['soon', [expect.stringContaining('must be a duration')]],
  ])('%j: %j', (text, expected) => {
    const { error } = durationWithin('5s', '72h').safeParse(text);
    expect([...new Set(error?.issues.map(({ message }) => message))]).toEqual(expect.arrayContaining(expected));
    expect(error === undefined).toBe(expected.length === 0);
  });
});

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['30d', 2_592_000_000],
    ['4w', 2_419_200_000],
    ['0s', 0],
    ['36500d', 3_153_600_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(DurationSchema.safeParse(text).success).toBe(true);
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '10', 'd', '1.5h', '-1d', '1d2h', ' 1d', '1D', '1y', '36501d', '99999999999s'])('%j is none', (text) => {
    expect(DurationSchema.safeParse(text).success).toBe(false);
    expect(() => durationMs(text)).toThrow(RangeError);
  });

  it('may have to be longer than zero', () => {
    expect(PositiveDurationSchema.safeParse('0d').success).toBe(false);
    expect(PositiveDurationSchema.safeParse('1s').success).toBe(true);
  });
});
