import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentOf, MAX_AMOUNT, majorUnitsOf, minorUnitsOf } from '../../../core/results/minor-units.ts';

describe('an amount in minor units', () => {
  // ISO 4217, list one: minor units of currencies.
  it.each([
    ['JPY', 0],
    ['KRW', 0],
    ['CNY', 2],
    ['HUF', 2],
    ['KWD', 3],
    ['TND', 3],
    ['CLF', 4],
  ])('%s has %i digits', (currency, digits) => {
    expect(exponentOf(currency)).toBe(digits);
  });

  it.each([
    [19.99, 'CNY', 1999],
    ['19.99', 'CNY', 1999],
    [1.005, 'CNY', 101],
    ['1.004999', 'CNY', 100],
    [1999, 'JPY', 1999],
    ['1999.5', 'JPY', 2000],
    [1.2345, 'KWD', 1235],
    [0.1 + 0.2, 'CNY', 30],
    ['  +12.5 ', 'CNY', 1250],
    ['.5', 'CNY', 50],
    ['5.', 'CNY', 500],
    ['1e3', 'CNY', 100_000],
    [1e-7, 'CNY', 0],
    ['000123.40', 'CNY', 12_340],
    [0, 'CNY', 0],
    [-0, 'CNY', 0],
    ['0.005', 'CNY', 1],
    ['0.0049', 'CNY', 0],
    [1e12, 'CNY', 1e14],
  ])('%s %s is %i', (value, currency, amount) => {
    expect(minorUnitsOf(value, currency)).toEqual({ amount });
  });

  it.each([
    [undefined, 'absent'],
    [null, 'absent'],
    ['', 'absent'],
    [Number.NaN, 'not-a-number'],
    [Number.POSITIVE_INFINITY, 'not-a-number'],
    ['¥12', 'not-a-number'],
    ['1,234.50', 'not-a-number'],
    ['.', 'not-a-number'],
    [true, 'not-a-number'],
    [{ total: 5 }, 'not-a-number'],
    [[5], 'not-a-number'],
    [-1, 'negative'],
    ['-0.001', 'negative'],
    [1.0001e12, 'too-large'],
    ['9'.repeat(31), 'not-a-number'],
    ['9'.repeat(30), 'too-large'],
    ['1e400', 'too-large'],
  ])('%s is none: %s', (value, fault) => {
    expect(minorUnitsOf(value, 'CNY')).toEqual({ fault });
  });

  it('is the same from a number, its text, and back', () => {
    const currencies = fc.constantFrom('JPY', 'CNY', 'KWD', 'CLF');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_AMOUNT }), currencies, (amount, currency) => {
        const major = majorUnitsOf(amount, currency);
        expect(minorUnitsOf(major, currency)).toEqual({ amount });
        expect(minorUnitsOf(major.toFixed(exponentOf(currency)), currency)).toEqual({ amount });
        expect(majorUnitsOf(-amount, currency) + major).toBe(0);
      }),
      { seed: 15 },
    );
  });
});
