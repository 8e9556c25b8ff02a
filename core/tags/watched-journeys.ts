import { leavesOf } from '../conditions/tree.ts';
import type { Rule } from './rule.ts';

const known = new WeakMap<readonly Rule[], ReadonlySet<string>>();

/** Returns the journeys whose open runs a rule asks for. */
export function watchedJourneys(rules: readonly Rule[]): ReadonlySet<string> {
  const before = known.get(rules);
  if (before) return before;
  const leaves = rules.flatMap(({ definition }) => (definition.if === undefined ? [] : leavesOf(definition.if)));
  const watched = new Set(leaves.flatMap((leaf) => ('journey' in leaf && 'is' in leaf ? [leaf.journey] : [])));
  known.set(rules, watched);
  return watched;
}
