import { leavesOf } from '../conditions/tree.ts';
import { endsOf } from '../journeys/ends-in-conditions.ts';
import { memoizeByObject } from '../memoize.ts';
import type { Snapshot } from './snapshot.ts';

/** Returns whether a live rule or a version of a journey that may still have runs asks whether this journey's runs are open, or how they ended. */
export function isEndWatched(snapshot: Snapshot, journey: string): boolean {
  return watchedNames(snapshot).has(endsOf(journey));
}

const watchedNames = memoizeByObject(({ rules, subscribedEvents = {} }: Snapshot): ReadonlySet<string> => {
  const leaves = rules.flatMap(({ definition }) => (definition.if === undefined ? [] : leavesOf(definition.if)));
  const byRules = leaves.flatMap((leaf) => ('journey' in leaf ? [endsOf(leaf.journey)] : []));
  return new Set([...byRules, ...Object.values(subscribedEvents).flat()]);
});
