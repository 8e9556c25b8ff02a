import { expect, it } from 'vitest';
import { peekedAt } from '../core/results/peeking.ts';

it.each([
  { rates: [0.002, 0.002], holdout: 0.05, people: 20_000 },
  { rates: [0.01, 0.01], holdout: 0.01, people: 50_000 },
  { rates: [0.01, 0.012], holdout: 0.05, people: 20_000 },
  { rates: [0.05, 0.05], holdout: 0.05, people: 20_000 },
  { rates: [0.3, 0.3], holdout: 0.05, people: 2_000 },
] as const)(
  'the interval of a lift holds the truth at all of 20 looks in 95 % of campaigns: $rates, $holdout held out',
  (of) => {
    expect(peekedAt({ campaigns: 1_000, ...of }).missed).toBeLessThan(0.05);
  },
);
