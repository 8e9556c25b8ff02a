import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { winnerOf } from '../../../core/campaigns/winner.ts';

const variants = (...results: [sent: number, reached: number][]) =>
  results.map(([sent, reached], index) => ({ name: 'abc'[index] ?? '', sent, reached }));

describe('the winner', () => {
  it('is the variant with the highest rate', () => {
    expect(winnerOf(variants([200, 10], [100, 6], [1000, 51]), 100)).toEqual({ name: 'b', why: 'highest-rate' });
    expect(winnerOf(variants([100, 5_000_00], [100, 5_000_01]), 100)).toEqual({ name: 'b', why: 'highest-rate' });
  });

  it('is the first while some variant has fewer sent than it takes', () => {
    expect(winnerOf(variants([99, 0], [5000, 4000]), 100)).toEqual({ name: 'a', why: 'under-at-least' });
    expect(winnerOf(variants([5000, 0], [99, 99]), 100)).toEqual({ name: 'a', why: 'under-at-least' });
    expect(winnerOf(variants([100, 0], [100, 1]), 100)).toEqual({ name: 'b', why: 'highest-rate' });
  });

  it('is the first of those with the highest rate', () => {
    expect(winnerOf(variants([300, 100], [3, 1]), 0)).toEqual({ name: 'a', why: 'tie' });
    expect(winnerOf(variants([300, 99], [3, 1], [900, 300]), 0)).toEqual({ name: 'b', why: 'tie' });
    expect(winnerOf(variants([0, 0], [0, 0]), 0)).toEqual({ name: 'a', why: 'tie' });
  });

  it('never has a lower rate than another, by whole numbers', () => {
    const result = fc.record({ sent: fc.nat(1e7), reached: fc.nat(1e7) });
    fc.assert(
      fc.property(fc.array(result, { minLength: 1, maxLength: 5 }), (results) => {
        const named = results.map((one, index) => ({ ...one, sent: one.sent + 1, name: String(index) }));
        const { name, why } = winnerOf(named, 0);
        const compared = named.map(({ sent, reached }) => {
          const best = named[Number(name)] ?? { sent: 1, reached: 0 };
          return BigInt(best.reached) * BigInt(sent) - BigInt(reached) * BigInt(best.sent);
        });
        expect(compared.every((lead) => lead >= 0n)).toBe(true);
        expect(compared.indexOf(0n)).toBe(Number(name));
        expect(why).toBe(compared.filter((lead) => lead === 0n).length > 1 ? 'tie' : 'highest-rate');
      }),
      { seed: 128 },
    );
  });

  it('needs variants', () => {
    expect(() => winnerOf([], 0)).toThrow(RangeError);
  });
});
