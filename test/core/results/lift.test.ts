import { describe, expect, it } from 'vitest';
import { liftOf } from '../../../core/results/lift.ts';
import { peekedAt } from './peeking.ts';

describe('lift', () => {
  it('is the difference of the rates with its interval and a word', () => {
    const lift = liftOf({ n: 9_500, converted: 950 }, { n: 500, converted: 10 });
    expect(lift?.lift).toBeCloseTo(0.08, 10);
    expect(lift?.verdict).toBe('higher');
    // Equation 9 of arXiv 2103.06476 with ρ tuned for 5,000 people, worked out by hand.
    expect(lift?.interval[0]).toBeCloseTo(0.05785, 4);
    expect(lift?.interval[1]).toBeCloseTo(0.10215, 4);
    expect(liftOf({ n: 9_500, converted: 190 }, { n: 500, converted: 60 })?.verdict).toBe('lower');
    expect(liftOf({ n: 950, converted: 50 }, { n: 50, converted: 2 })?.verdict).toBe('not yet clear');
  });

  it('says nothing of too few people', () => {
    expect(liftOf({ n: 9_500, converted: 950 }, { n: 49, converted: 0 })).toBeUndefined();
    expect(liftOf({ n: 0, converted: 0 }, { n: 0, converted: 0 })).toBeUndefined();
  });

  it('finds a difference between equals in fewer than 5 % of campaigns, though it is looked at 20 times', () => {
    for (const { rate, holdout, people } of [
      { rate: 0.01, holdout: 0.05, people: 10_000 },
      { rate: 0.05, holdout: 0.1, people: 2_000 },
    ])
      expect(peekedAt({ campaigns: 200, rates: [rate, rate], holdout, people }).missed).toBeLessThan(0.05);
  });

  it('finds a large difference soon', () => {
    expect(peekedAt({ campaigns: 60, rates: [0.05, 0.1], holdout: 0.2, people: 10_000 }).clear).toBeGreaterThan(0.9);
  });
});
