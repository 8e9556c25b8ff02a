import { leavesOf } from '../conditions/tree.ts';
import { endsOf } from '../journeys/ends-in-conditions.ts';
import type { Snapshot } from './snapshot.ts';

const known = new WeakMap<Snapshot, ReadonlySet<string>>();

/** Returns whether a live rule or a version of a journey that may still have runs asks whether this journey's runs are open, or how they ended. */
export function isEndWatched(snapshot: Snapshot, journey: string): boolean {
  let watched = known.get(snapshot);
  if (watched === undefined) {
    const leaves = snapshot.rules.flatMap(({ definition }) =>
      definition.if === undefined ? [] : leavesOf(definition.if),
    );
    const byRules = leaves.flatMap((leaf) => ('journey' in leaf ? [endsOf(leaf.journey)] : []));
    watched = new Set([...byRules, ...Object.values(snapshot.subscribedEvents ?? {}).flat()]);
    known.set(snapshot, watched);
  }
  return watched.has(endsOf(journey));
}
