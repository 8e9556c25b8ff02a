/** A mean, of revenue or of people who did it (a rate), over so many people. */
export interface Sample {
  people: number;
  mean: number;
  /** Variance of one person's value, with n − 1 below. */
  variance: number;
}

/** Returns the rate of `count` among `people`. */
export function rateSample(count: number, people: number): Sample {
  // One who did it and one who did not are added for the variance: that of 0 among 5 would be none, and so the interval.
  const smoothed = (count + 1) / (people + 2);
  return { people, mean: people === 0 ? 0 : count / people, variance: smoothed * (1 - smoothed) };
}

/** A difference of means, by Welch: each side has a variance of its own. */
export interface Difference {
  difference: number;
  standardError: number;
  /** Welch's t; and the degrees of freedom after Welch and Satterthwaite. */
  t: number;
  freedom: number;
}

/** Returns `other` less `base`; undefined while one of them has less than 2 people, or neither varies. */
export function welch(base: Sample, other: Sample): Difference | undefined {
  if (base.people < 2 || other.people < 2) return undefined;
  const [first, second] = [base.variance / base.people, other.variance / other.people];
  const difference = other.mean - base.mean;
  const standardError = Math.sqrt(first + second);
  if (standardError === 0) return undefined;
  const freedom = (first + second) ** 2 / (first ** 2 / (base.people - 1) + second ** 2 / (other.people - 1));
  return { difference, standardError, t: difference / standardError, freedom };
}

/** People over both sides at whose number the interval is narrowest for its confidence (GrowthBook's default). */
const TUNED_FOR = 5_000;

/**
 * Returns the interval of `other` less `base` that holds the true difference at each look together with a probability of 1 − `alpha`, however often one
 * looks: an asymptotic confidence sequence, as GrowthBook's sequential test has it. Where a base is compared with several others, `alpha` is shared
 * among the comparisons.
 * @see https://arxiv.org/abs/2103.06476 equation 9 and 161
 */
export function anytimeInterval(base: Sample, other: Sample, alpha = 0.05): [low: number, high: number] | undefined {
  const found = welch(base, other);
  if (found === undefined) return undefined;
  const people = base.people + other.people;
  const rho2 = (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / TUNED_FOR;
  const growth = people * rho2 + 1;
  // In the paper the variance is that of one of all people: people × standardError².
  const half = found.standardError * Math.sqrt((2 * growth * Math.log(Math.sqrt(growth) / alpha)) / (people * rho2));
  return [found.difference - half, found.difference + half];
}
