import type { EpochMs } from '../ids.ts';

/** Returns the first of these instants, or undefined if there is none. */
export function earliest(...instants: (EpochMs | undefined)[]): EpochMs | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
