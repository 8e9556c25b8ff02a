import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTION_MODELS,
  creditsOf,
  divideByWeights,
  type Touch,
  WHOLE_ORDER,
} from '../../../core/results/credits.ts';

const DAY = 24 * 3_600_000;
const ORDER_AT = 100 * DAY;
const touch = (key: string, days: number): Touch => ({ key, at: ORDER_AT - days * DAY });
const credits = (model: (typeof ATTRIBUTION_MODELS)[number], revenue: number, ...touches: Touch[]) =>
  Object.fromEntries(
    creditsOf(model, { at: ORDER_AT, revenue }, touches).map(({ key, revenue: part, share }) => [key, [part, share]]),
  );

describe('the credit of an order', () => {
  const touches = [touch('email', 14), touch('sms', 7), touch('push', 0)];

  it('is the first touch’s, or the last one’s', () => {
    expect(credits('first', 1000, ...touches)).toEqual({ email: [1000, WHOLE_ORDER] });
    expect(credits('last', 1000, ...touches)).toEqual({ push: [1000, WHOLE_ORDER] });
  });

  it('is divided evenly, the odd unit to the latest', () => {
    expect(credits('linear', 1000, ...touches)).toEqual({
      push: [334, 333_334],
      sms: [333, 333_333],
      email: [333, 333_333],
    });
  });

  it('halves with every 7 days: weights 1, 2, 4', () => {
    expect(credits('decay', 700, ...touches)).toEqual({
      push: [400, 571_429],
      sms: [200, 285_714],
      email: [100, 142_857],
    });
    // 2^(-10/7) of a touch 10 days old: 0.371499 (Google's time-decay model with a half-life of 7 days).
    expect(credits('decay', 1_000_000, touch('a', 10), touch('b', 0)).a?.[0]).toBe(270_871);
  });

  it('of several touches of one key is one', () => {
    expect(credits('linear', 100, touch('sms', 1), touch('sms', 2), touch('push', 3))).toEqual({
      sms: [67, 666_667],
      push: [33, 333_333],
    });
  });

  it('is nobody’s without a touch', () => {
    expect(creditsOf('linear', { at: ORDER_AT, revenue: 5 }, [])).toEqual([]);
  });

  it('sums to the order and its revenue exactly, whatever the order of the touches', () => {
    const touchOf = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), at: fc.integer({ min: 0, max: ORDER_AT }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...ATTRIBUTION_MODELS),
        fc.integer({ min: 0, max: 1e14 }),
        fc.array(touchOf, { minLength: 1, maxLength: 12 }),
        (model, revenue, some) => {
          const found = creditsOf(model, { at: ORDER_AT, revenue }, some);
          expect(found.reduce((sum, credit) => sum + credit.revenue, 0)).toBe(revenue);
          expect(found.reduce((sum, credit) => sum + credit.share, 0)).toBe(WHOLE_ORDER);
          expect(creditsOf(model, { at: ORDER_AT, revenue }, some.toReversed())).toEqual(found);
          expect(found.every((credit) => credit.revenue >= 0 && credit.share >= 0)).toBe(true);
        },
      ),
      { seed: 15 },
    );
  });
});

describe('largest remainders', () => {
  // The example of Wikipedia's “Quota method”: 10 seats, 100,000 votes.
  it('give 5, 2, 2, 1 seats for 47,000, 16,000, 15,900, 12,000 of 100,000 votes', () => {
    const votes = [47_000n, 16_000n, 15_900n, 12_000n, 6_000n, 3_100n];
    expect(divideByWeights(10, votes)).toEqual([5, 2, 1, 1, 1, 0]);
  });

  it('divide what is given back as what was brought', () => {
    expect(divideByWeights(-100, [1n, 1n, 1n])).toEqual([-34, -33, -33]);
    expect(divideByWeights(5, [])).toEqual([]);
  });
});
