import { gammaln } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { chanceToBeBest } from '../../../../core/campaigns/statistics/chance-to-be-best.ts';
import { meanDensity, rateDensity } from '../../../../core/campaigns/statistics/densities.ts';
import { betaOf, seeded } from './seeded.ts';

type Result = [count: number, total: number];
const ofRates = (...results: Result[]) => chanceToBeBest(results.map(([count, total]) => rateDensity(count, total)));

const logBeta = (a: number, b: number) => gammaln(a) + gammaln(b) - gammaln(a + b);
/** P(p₂ > p₁) of two Beta posteriors, exactly: https://www.evanmiller.org/bayesian-ab-testing.html */
function exactly([k1, n1]: Result, [k2, n2]: Result): number {
  const [a1, b1, a2, b2] = [k1 + 1, n1 - k1 + 1, k2 + 1, n2 - k2 + 1];
  let sum = 0;
  for (let i = 0; i < a2; i += 1)
    sum += Math.exp(logBeta(a1 + i, b1 + b2) - Math.log(b2 + i) - logBeta(1 + i, b2) - logBeta(a1, b1));
  return sum;
}

/** The shares in which each is highest of that many draws. */
function drawn(results: Result[], draws: number): number[] {
  const random = seeded(128);
  const wins = results.map(() => 0);
  for (let draw = 0; draw < draws; draw += 1) {
    const rates = results.map(([count, total]) => betaOf(count + 1, total - count + 1, random));
    const best = rates.indexOf(Math.max(...rates));
    wins[best] = (wins[best] ?? 0) + 1;
  }
  return wins.map((one) => one / draws);
}

describe('the chance to be best', () => {
  it.each<[Result, Result]>([
    [
      [31, 465],
      [22, 470],
    ],
    [
      [0, 5],
      [1, 5],
    ],
    [
      [0, 0],
      [0, 0],
    ],
    [
      [0, 0],
      [3, 100],
    ],
    [
      [0, 10_000],
      [2, 10_000],
    ],
    [
      [10, 10],
      [9, 10],
    ],
    [
      [500, 10_000],
      [560, 10_000],
    ],
    [
      [5, 50],
      [500, 10_000],
    ],
    [
      [50_000, 1_000_000],
      [50_400, 1_000_000],
    ],
  ])('of %j and %j is the exact one', (one, other) => {
    const [first = 0, second = 0] = ofRates(one, other);
    expect(Math.abs(second - exactly(one, other))).toBeLessThan(0.00001);
    expect(first + second).toBeCloseTo(1, 12);
  });

  it('of several is the share of draws in which each is highest', () => {
    const results: Result[] = [
      [31, 465],
      [22, 470],
      [35, 455],
      [0, 12],
    ];
    const shares = drawn(results, 200_000);
    for (const [index, chance] of ofRates(...results).entries()) expect(chance).toBeCloseTo(shares[index] ?? 0, 2);
  });

  it('is even for equals, all for one alone, and the same at each call', () => {
    for (const chance of ofRates([5, 100], [5, 100], [5, 100])) expect(chance).toBeCloseTo(1 / 3, 6);
    expect(ofRates([5, 100])).toEqual([1]);
    expect(ofRates()).toEqual([]);
    expect(ofRates([31, 465], [22, 470])).toEqual(ofRates([31, 465], [22, 470]));
  });

  it('is certain where rates lie far apart', () => {
    expect(ofRates([10, 1_000_000], [900_000, 1_000_000])).toEqual([0, 1]);
  });

  it('of means is that of their normal difference', () => {
    const densities = [meanDensity(100, 3), meanDensity(105, 4)].filter((density) => density !== undefined);
    // The difference 5 has the standard error 5: Φ(1).
    expect(chanceToBeBest(densities)[1]).toBeCloseTo(0.841345, 4);
    expect(meanDensity(5, 0)).toBeUndefined();
  });
});
