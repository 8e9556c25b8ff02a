import { describe, expect, test } from 'vitest';
import { comparedBy, compareVariants } from '../../../engine/campaigns/compare-variants.ts';
import type { VariantTally } from '../../../engine/campaigns/tally.ts';

const variant = (name: string, sent: number, converted: number, clicked = 0): VariantTally => ({
  name,
  recipients: sent,
  sent,
  opened: 0,
  clicked,
  converted,
  revenue: 0,
});

describe('variants', () => {
  test('are compared by what the winner is found by, but for revenue', () => {
    const winner = { sample: 20, after: '4h', atLeast: 100 };
    expect(comparedBy({})).toBe('converted');
    expect(comparedBy({ winner: { ...winner, by: 'clicked' } })).toBe('clicked');
    expect(comparedBy({ winner: { ...winner, by: 'revenue' } })).toBe('converted');
  });

  test('say nothing before anything was sent, nor alone', () => {
    expect(compareVariants([variant('a', 0, 0), variant('b', 0, 0)], 'converted')).toBeUndefined();
    expect(compareVariants([variant('a', 10, 1)], 'converted')).toBeUndefined();
    expect(compareVariants([], 'converted')).toBeUndefined();
  });

  test('have chances that add up, and an interval against the first', () => {
    const found = compareVariants([variant('a', 5_000, 250), variant('b', 5_000, 400)], 'converted') ?? [];
    expect(found.reduce((sum, { chanceToBeBest }) => sum + chanceToBeBest, 0)).toBeCloseTo(1, 3);
    expect(found[0]).not.toHaveProperty('interval');
    expect(found[1]).toMatchObject({ chanceToBeBest: 1, verdict: 'higher' });
    const [low = 1, high = 0] = found[1]?.interval ?? [];
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThan(0.03);
  });

  test('that are alike are not yet clear, by the count that is asked for', () => {
    const [, other] = compareVariants([variant('a', 500, 25, 100), variant('b', 500, 60, 101)], 'clicked') ?? [];
    expect(other?.verdict).toBe('not yet clear');
    expect(other?.chanceToBeBest).toBeCloseTo(0.53, 1);
  });
});
