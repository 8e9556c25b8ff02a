import type { Campaign } from '../../core/campaigns/schema.ts';
import { chanceToBeBest } from '../../core/campaigns/statistics/chance-to-be-best.ts';
import { rateDensity } from '../../core/campaigns/statistics/densities.ts';
import { anytimeInterval, rateSample } from '../../core/campaigns/statistics/difference.ts';
import type { VariantTally } from './tally.ts';

export const VERDICTS = ['higher', 'lower', 'not yet clear'] as const;

/** How sure it is which variant is best. */
export interface Comparison {
  /** The chance that its true rate is the highest. */
  chanceToBeBest: number;
  /** 95 % interval of its rate less the first variant's, right however often it is looked at. Absent for the first, and while there is too little. */
  interval?: [low: number, high: number];
  verdict?: (typeof VERDICTS)[number];
}

/** Returns the measure of a comparison: the winner's, but conversions instead of revenue, because counters do not know how revenue varies. */
export function comparedBy({ winner }: Pick<Campaign, 'winner'>): 'converted' | 'clicked' | 'opened' {
  return winner === undefined || winner.by === 'revenue' ? 'converted' : winner.by;
}

const ALPHA = 0.05;
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

/** Compares the variants, in their order; undefined before anything was sent. */
export function compareVariants(
  variants: readonly VariantTally[],
  by: ReturnType<typeof comparedBy>,
): Comparison[] | undefined {
  const [first, ...others] = variants;
  if (first === undefined || others.length === 0 || variants.every(({ sent }) => sent === 0)) return undefined;
  const chances = chanceToBeBest(variants.map((variant) => rateDensity(variant[by], variant.sent)));
  const sampleOf = (variant: VariantTally) => rateSample(Math.min(variant[by], variant.sent), variant.sent);
  return variants.map((variant, index) => {
    const chance = { chanceToBeBest: rounded(chances[index] ?? 0) };
    // Its error is shared among the comparisons.
    const interval =
      index === 0 ? undefined : anytimeInterval(sampleOf(first), sampleOf(variant), ALPHA / others.length);
    if (interval === undefined) return chance;
    const [low, high] = interval;
    const verdict = low > 0 ? 'higher' : high < 0 ? 'lower' : 'not yet clear';
    return { ...chance, interval: [rounded(low), rounded(high)], verdict };
  });
}
