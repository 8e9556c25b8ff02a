import { mean, sampleVariance } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { anytimeInterval, rateSample, welch } from '../../../../core/campaigns/statistics/difference.ts';
import { winsorised } from '../../../../core/campaigns/statistics/winsorised.ts';
import { normalOf, seeded } from './seeded.ts';

const LOOKS = 20;
const A_LOOK = 500;

/** A/B tests of two rates, looked at 20 times. At each look: did the interval, the z-test, hold the true difference? */
function rates(seed: number, tests: number, [first, second]: readonly [number, number], aLook = A_LOOK) {
  const random = seeded(seed);
  const missed = { sequential: 0, z: 0, zAtEnd: 0 };
  for (let test = 0; test < tests; test += 1) {
    const counts = [0, 0];
    const misses = { sequential: false, z: false, zAtEnd: false };
    for (let look = 1; look <= LOOKS; look += 1) {
      for (let person = 0; person < aLook; person += 1) {
        if (random() < first) counts[0] = (counts[0] ?? 0) + 1;
        if (random() < second) counts[1] = (counts[1] ?? 0) + 1;
      }
      const people = look * aLook;
      const [a = 0, b = 0] = counts.map((count) => count / people);
      const error = Math.sqrt((a * (1 - a) + b * (1 - b)) / people);
      misses.zAtEnd = Math.abs(b - a - (second - first)) > 1.96 * error;
      misses.z ||= misses.zAtEnd;
      const [low, high] = anytimeInterval(rateSample(counts[0] ?? 0, people), rateSample(counts[1] ?? 0, people)) ?? [];
      misses.sequential ||= (low ?? -1) > second - first || (high ?? 1) < second - first;
    }
    for (const name of ['sequential', 'z', 'zAtEnd'] as const) missed[name] += Number(misses[name]) / tests;
  }
  return missed;
}

describe('the interval of a difference', () => {
  it('finds a winner between equals in fewer than 5 % of tests, though it is looked at 20 times', () => {
    const { sequential, z, zAtEnd } = rates(128, 1_500, [0.05, 0.05]);
    expect(sequential).toBeLessThan(0.05);
    // What one look finds in 5 % of tests, 20 looks find in every fourth.
    expect(zAtEnd).toBeLessThan(0.065);
    expect(z).toBeGreaterThan(0.2);
  });

  it.each([
    { of: 'rates of 1 %', truth: [0.01, 0.01], aLook: 100 },
    { of: 'rates of 30 %, from 20 people on', truth: [0.3, 0.3], aLook: 20 },
    { of: 'a true difference', truth: [0.05, 0.06], aLook: 250 },
  ] as const)('holds the true difference at all of 20 looks in more than 95 % of tests: $of', ({ truth, aLook }) => {
    expect(rates(129, 600, truth, aLook).sequential).toBeLessThan(0.05);
  });

  it('finds the best of four equals better than the first in fewer than 5 % of tests, with alpha shared', () => {
    const random = seeded(132);
    let winners = 0;
    for (let test = 0; test < 300; test += 1) {
      const counts = [0, 0, 0, 0];
      let found = false;
      for (let people = A_LOOK; people <= LOOKS * A_LOOK; people += A_LOOK) {
        for (const index of counts.keys())
          for (let person = 0; person < A_LOOK; person += 1)
            if (random() < 0.05) counts[index] = (counts[index] ?? 0) + 1;
        const [first, ...others] = counts.map((count) => rateSample(count, people));
        found ||= others.some((other) => first && (anytimeInterval(first, other, 0.05 / 3)?.[0] ?? 0) > 0);
      }
      winners += Number(found);
    }
    expect(winners / 300).toBeLessThan(0.05);
  });

  it('is GrowthBook’s', () => {
    // Half-width by its formula, with n over both arms and s² = n × standardError²: computed apart, to 12 digits.
    const [base, other] = [rateSample(498, 9_998), rateSample(598, 9_998)];
    const n = 19_996;
    const error = Math.sqrt((0.0499 * 0.9501 + 0.0599 * 0.9401) / 9_998);
    const s2 = n * error ** 2;
    const rho = Math.sqrt((-2 * Math.log(0.05) + Math.log(-2 * Math.log(0.05) + 1)) / 5000);
    const half = Math.sqrt(
      (s2 * (2 * (n * rho ** 2 + 1)) * Math.log(Math.sqrt(n * rho ** 2 + 1) / 0.05)) / (n * rho) ** 2,
    );
    const [low = 0, high = 0] = anytimeInterval(base, other) ?? [];
    expect((high - low) / 2).toBeCloseTo(half, 12);
    expect((high + low) / 2).toBeCloseTo(100 / 9_998, 12);
  });

  it('is wider for more comparisons, and none while there is too little', () => {
    const [base, other] = [rateSample(50, 1_000), rateSample(60, 1_000)];
    const width = (alpha?: number) => {
      const [low = 0, high = 0] = anytimeInterval(base, other, alpha) ?? [];
      return high - low;
    };
    expect(width(0.05 / 3)).toBeGreaterThan(width());
    expect(anytimeInterval(rateSample(0, 1), other)).toBeUndefined();
    expect(anytimeInterval(rateSample(0, 0), rateSample(0, 0))).toBeUndefined();
    const [low = 0, high = 0] = anytimeInterval(rateSample(0, 5), rateSample(1, 5)) ?? [];
    expect([low < 0, high > 0]).toEqual([true, true]);
  });
});

describe('Welch’s difference of means', () => {
  const [first, second] = [
    [3, 4, 1, 2.1, 7, 5.5],
    [8, 9.2, 1, 30, 2, 5, 6, 11],
  ] as const;
  const sampleOf = (values: readonly number[]) => ({
    people: values.length,
    mean: mean([...values]),
    variance: sampleVariance([...values]),
  });

  it('is that of the definition', () => {
    const [v1, v2] = [sampleVariance([...first]) / 6, sampleVariance([...second]) / 8];
    const found = welch(sampleOf(first), sampleOf(second));
    expect(found?.difference).toBeCloseTo(mean([...second]) - mean([...first]), 12);
    expect(found?.standardError).toBeCloseTo(Math.sqrt(v1 + v2), 12);
    expect(found?.t).toBeCloseTo((mean([...second]) - mean([...first])) / Math.sqrt(v1 + v2), 12);
    expect(found?.freedom).toBeCloseTo((v1 + v2) ** 2 / (v1 ** 2 / 5 + v2 ** 2 / 7), 10);
  });

  it('is none without two people on each side, or where nothing varies', () => {
    expect(welch(sampleOf(first), { people: 1, mean: 3, variance: 0 })).toBeUndefined();
    expect(welch({ people: 9, mean: 0, variance: 0 }, { people: 9, mean: 0, variance: 0 })).toBeUndefined();
  });
});

describe('revenue a person', () => {
  it('has the mean and variance of all people, those without an order too', () => {
    const amounts = [1000, 2500, 400];
    const all = [...amounts, ...Array(17).fill(0)];
    const [found] = winsorised([{ people: 20, amounts }]);
    expect(found?.mean).toBeCloseTo(mean(all), 10);
    expect(found?.variance).toBeCloseTo(sampleVariance(all), 6);
  });

  it('counts amounts above the 99th percentile of all variants as that percentile', () => {
    const usual = Array.from({ length: 100 }, (_, index) => index + 1);
    const [one, other] = winsorised([
      { people: 100, amounts: usual },
      { people: 101, amounts: [...usual, 1_000_000] },
    ]);
    // The 199th of 201 amounts is 100.
    expect(one?.mean).toBeCloseTo(mean(usual), 10);
    expect(other?.mean).toBeCloseTo(mean([...usual, 100]), 10);
  });

  it('keeps few amounts as they are', () => {
    expect(winsorised([{ people: 2, amounts: [1, 99_999] }])[0]?.mean).toBe(50_000);
    expect(winsorised([{ people: 0, amounts: [] }])[0]).toEqual({ people: 0, mean: 0, variance: 0 });
  });

  it('finds a winner between equals in fewer than 5 % of tests, though it is looked at 20 times', () => {
    const random = seeded(130);
    const TESTS = 300;
    let winners = 0;
    for (let test = 0; test < TESTS; test += 1) {
      const sides = [0, 1].map(() => ({ people: 0, amounts: [] as number[] }));
      let found = false;
      for (let look = 1; look <= LOOKS; look += 1) {
        for (const side of sides) {
          side.people += 250;
          // One in 20 orders, for 100 in the middle, with a long tail.
          for (let person = 0; person < 250; person += 1)
            if (random() < 0.05) side.amounts.push(Math.round(10_000 * Math.exp(1.2 * normalOf(random))));
        }
        const [a, b] = winsorised(sides);
        const interval = a && b && anytimeInterval(a, b);
        found ||= interval !== undefined && (interval[0] > 0 || interval[1] < 0);
      }
      winners += Number(found);
    }
    expect(winners / TESTS).toBeLessThan(0.05);
  });
});
