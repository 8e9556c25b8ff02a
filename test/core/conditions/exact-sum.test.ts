import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../core/conditions/exact-sum.ts';

function sum(values: readonly number[]): number {
  const exact = new ExactSum();
  for (const value of values) exact.add(value);
  return exact.value;
}

/** The numbers as whole multiples of 2⁻¹⁰⁷⁴, added without error. */
function exactly(values: readonly number[]): number {
  const scale = 1074n;
  const total = values.reduce((all, value) => all + scaled(value, scale), 0n);
  const negative = total < 0n;
  let size = negative ? -total : total;
  let shift = 0n;
  const excess = BigInt(size.toString(2).length - 53);
  if (excess > 0n) {
    const half = 1n << (excess - 1n);
    const rest = size & ((1n << excess) - 1n);
    size >>= excess;
    shift = excess;
    if (rest > half || (rest === half && (size & 1n) === 1n)) size += 1n;
  }
  const result = Number(size) * 2 ** Number(shift - 537n) * 2 ** -537;
  return negative ? -result : result;
}

function scaled(value: number, scale: bigint): bigint {
  let mantissa = value;
  let exponent = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent += 1;
  }
  return BigInt(mantissa) << (scale - BigInt(exponent));
}

describe('an exact sum', () => {
  it('does not lose cents', () => {
    expect(sum(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    expect(sum([1e16, 1, -1e16])).toBe(1);
    expect(sum([])).toBe(0);
  });

  it('is the nearest number to the true sum, in any order', () => {
    const amount = fc.oneof(
      fc.integer({ min: -100_000_000, max: 100_000_000 }).map((cents) => cents / 100),
      fc.double({ min: -1e20, max: 1e20, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (values) => {
        const expected = exactly(values) || 0;
        expect(sum(values) || 0).toBe(expected);
        expect(sum(values.toReversed()) || 0).toBe(expected);
      }),
      { numRuns: 1000, seed: 20261124 },
    );
  });
});
