import type { Sample } from './difference.ts';

/** What the people of a variant spent. */
export interface Revenue {
  /** All of them, also those who spent nothing. */
  people: number;
  /** The sum of each who spent something, in minor units. */
  amounts: readonly number[];
}

/** The largest hundredth of the amounts counts no more than the one before it. */
const KEPT = 0.99;

/**
 * Returns the revenue a person of each variant, winsorised: amounts above the 99th percentile of all variants' count as that percentile, so that one
 * order in thousands decides nothing. People without an order are left out of the percentile: with a conversion of 1 % it would be 0.
 */
export function winsorised(variants: readonly Revenue[]): Sample[] {
  const all = variants.flatMap(({ amounts }) => amounts).sort((a, b) => a - b);
  const highest = all[Math.ceil(all.length * KEPT) - 1] ?? 0;
  return variants.map(({ people, amounts }) => sampleOf(people, amounts, highest));
}

function sampleOf(people: number, amounts: readonly number[], highest: number): Sample {
  const kept = amounts.map((amount) => Math.min(amount, highest));
  const mean = people === 0 ? 0 : kept.reduce((sum, amount) => sum + amount, 0) / people;
  const squares = kept.reduce((sum, amount) => sum + (amount - mean) ** 2, (people - kept.length) * mean ** 2);
  return { people, mean, variance: people < 2 ? 0 : squares / (people - 1) };
}
