import type { Snapshot } from '../catalog/snapshot.ts';
import { referencesOf } from '../conditions/references.ts';
import { leavesOf } from '../conditions/tree.ts';
import { RUN_ENDED } from '../events/internal.ts';
import { conditionsOf } from './events-in-conditions.ts';
import type { Journey } from './schema.ts';

/** Name under which `Snapshot.heard` notes that a version asks for the runs of this journey. */
const endsOf = (journey: string): string => `${RUN_ENDED}:${journey}`;

/** Returns what `Snapshot.heard` notes of the journeys whose runs this journey's conditions ask for: whether they are open, or how they ended. */
export const endsInConditions = (journey: Journey): readonly string[] =>
  conditionsOf(journey).flatMap((condition) => referencesOf(condition).journeys.map(endsOf));

const known = new WeakMap<Snapshot, ReadonlySet<string>>();

/** Returns whether a live rule or a version of a journey that may still have runs asks whether this journey's runs are open, or how they ended. */
export function isEndWatched(snapshot: Snapshot, journey: string): boolean {
  let watched = known.get(snapshot);
  if (watched === undefined) {
    const leaves = snapshot.rules.flatMap(({ definition }) =>
      definition.if === undefined ? [] : leavesOf(definition.if),
    );
    const byRules = leaves.flatMap((leaf) => ('journey' in leaf ? [endsOf(leaf.journey)] : []));
    watched = new Set([...byRules, ...Object.values(snapshot.heard ?? {}).flat()]);
    known.set(snapshot, watched);
  }
  return watched.has(endsOf(journey));
}
