/** Density of a rate or mean over [low, high], known up to a factor, by its logarithm. */
export interface Density {
  low: number;
  high: number;
  log: (x: number) => number;
}

/** How far from its mean a density is followed, in standard deviations. Skewed ones, as of a rate of 0 in few, need that much. */
const REACH = 12;

/**
 * Returns the posterior of a rate after `count` of `total` people did it, over a uniform prior: Beta(1 + count, 1 + total − count).
 * @see https://en.wikipedia.org/wiki/Beta_distribution#Bayesian_inference
 */
export function rateDensity(count: number, total: number): Density {
  const [did, left] = [Math.min(count, total), Math.max(0, total - count)];
  const mean = (did + 1) / (total + 2);
  const spread = REACH * Math.sqrt((mean * (1 - mean)) / (total + 3));
  return {
    low: Math.max(0, mean - spread),
    high: Math.min(1, mean + spread),
    log: (x) => did * Math.log(x) + left * Math.log1p(-x),
  };
}

/** Returns the density of a mean by its standard error; undefined if the error is unknown or 0. */
export function meanDensity(mean: number, standardError: number): Density | undefined {
  if (!(standardError > 0)) return undefined;
  const spread = REACH * standardError;
  return { low: mean - spread, high: mean + spread, log: (x) => -(((x - mean) / standardError) ** 2) / 2 };
}
