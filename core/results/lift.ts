import { anytimeInterval, rateSample } from '../campaigns/statistics/difference.ts';

export const VERDICTS = ['higher', 'lower', 'not yet clear'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** People who were assigned to one side, and how many of them did what it is for. */
export interface Arm {
  n: number;
  converted: number;
}

export interface Lift {
  /** Rate of the treated less that of the holdout. */
  lift: number;
  /** 95 % interval of it, which holds the truth at all looks together. */
  interval: [low: number, high: number];
  verdict: Verdict;
}

const ALPHA = 0.05;
/**
 * People of the smaller side from which on an interval is given. It rests on sums being nearly normal; a side of some dozens, of whom one in a hundred
 * converts, is far from that.
 */
export const LEAST_PEOPLE = 50;

export const rateOf = ({ n, converted }: Arm): number => (n === 0 ? 0 : Math.min(converted, n) / n);

/** The word for an interval of a difference. */
export const verdictOf = ([low, high]: readonly [number, number]): Verdict =>
  low > 0 ? 'higher' : high < 0 ? 'lower' : 'not yet clear';

/** Lift of the treated over those who were held out; undefined while a side has too few people. */
export function liftOf(treated: Arm, holdout: Arm): Lift | undefined {
  if (Math.min(treated.n, holdout.n) < LEAST_PEOPLE) return undefined;
  const sample = ({ n, converted }: Arm) => rateSample(Math.min(converted, n), n);
  const interval = anytimeInterval(sample(holdout), sample(treated), ALPHA);
  if (interval === undefined) return undefined;
  return { lift: rateOf(treated) - rateOf(holdout), interval, verdict: verdictOf(interval) };
}
