import { chiSquaredDistributionTable } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { chiSquareTail, sampleRatio } from '../../../../core/campaigns/statistics/sample-ratio.ts';
import { seeded } from './seeded.ts';

describe('the tail of χ²', () => {
  it('agrees with the tables', () => {
    let compared = 0;
    for (const [freedom, row] of Object.entries(chiSquaredDistributionTable))
      for (const [p, value] of Object.entries(row)) {
        if (Number(freedom) > 30 || Number(p) > 0.1) continue;
        // Tables have two digits after the point.
        expect(chiSquareTail(value + 0.006, Number(freedom))).toBeLessThanOrEqual(Number(p));
        expect(chiSquareTail(value - 0.006, Number(freedom))).toBeGreaterThanOrEqual(Number(p));
        compared += 1;
      }
    expect(compared).toBeGreaterThanOrEqual(150);
  });

  it('is exact where it has a short form, and ends at 1 and 0', () => {
    for (const value of [0.1, 2, 13.8155, 60]) expect(chiSquareTail(value, 2)).toBeCloseTo(Math.exp(-value / 2), 12);
    expect(chiSquareTail(10.827566170662733, 1)).toBeCloseTo(0.001, 12);
    expect(chiSquareTail(0, 1)).toBe(1);
    expect(chiSquareTail(900, 3)).toBeCloseTo(0, 12);
    expect(chiSquareTail(1e9, 3)).toBe(0);
  });
});

describe('the ratio of variants', () => {
  it('is a mismatch where chance alone gives it once in a thousand times', () => {
    expect(
      sampleRatio([
        { weight: 50, people: 4_836 },
        { weight: 50, people: 5_164 },
      ]),
    ).toEqual({
      p: expect.closeTo(0.00104, 4),
      mismatch: false,
    });
    expect(
      sampleRatio([
        { weight: 50, people: 4_835 },
        { weight: 50, people: 5_165 },
      ])?.mismatch,
    ).toBe(true);
    expect(
      sampleRatio([
        { weight: 20, people: 200 },
        { weight: 80, people: 800 },
      ]),
    ).toEqual({ p: 1, mismatch: false });
  });

  it('is a mismatch where somebody got a variant without weight', () => {
    expect(
      sampleRatio([
        { weight: 0, people: 1 },
        { weight: 1, people: 99 },
      ]),
    ).toEqual({ p: 0, mismatch: true });
    expect(
      sampleRatio([
        { weight: 0, people: 0 },
        { weight: 1, people: 50 },
        { weight: 1, people: 50 },
      ])?.p,
    ).toBe(1);
  });

  it('says nothing of few people, or one variant', () => {
    expect(
      sampleRatio([
        { weight: 1, people: 9 },
        { weight: 99, people: 0 },
      ]),
    ).toBeUndefined();
    expect(sampleRatio([{ weight: 1, people: 900 }])).toBeUndefined();
    expect(sampleRatio([])).toBeUndefined();
  });

  it('of fair splits is a mismatch about once in a thousand', () => {
    const random = seeded(131);
    let mismatches = 0;
    for (let test = 0; test < 3_000; test += 1) {
      const people = [0, 0, 0];
      for (let person = 0; person < 400; person += 1) {
        const place = Math.floor(random() * 3);
        people[place] = (people[place] ?? 0) + 1;
      }
      if (sampleRatio(people.map((count) => ({ weight: 1, people: count })))?.mismatch) mismatches += 1;
    }
    expect(mismatches).toBeLessThan(12);
  });
});
