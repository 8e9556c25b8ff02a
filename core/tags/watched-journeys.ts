import { leavesOf } from '../conditions/tree.ts';
import { memoizeByObject } from '../memoize.ts';
import type { Rule } from './rule.ts';

/** Returns the journeys whose open runs a rule asks for. */
export const watchedJourneys = memoizeByObject((rules: readonly Rule[]): ReadonlySet<string> => {
  const leaves = rules.flatMap(({ definition }) => (definition.if === undefined ? [] : leavesOf(definition.if)));
  return new Set(leaves.flatMap((leaf) => ('journey' in leaf && 'is' in leaf ? [leaf.journey] : [])));
});
