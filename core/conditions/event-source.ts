import type { CairnEvent } from '../events/event.ts';
import { memoizeByObject } from '../memoize.ts';
import { type EventSource, requirementId, rowsOf, sortRows } from './event-requirement.ts';
import { type FeatureSpec, type Features, unpackRows } from './features.ts';

/** Thrown if a rule needs a feature that is not kept: the rules and the features are of different snapshots. */
export class FeatureNotKeptError extends Error {
  override readonly name = 'FeatureNotKeptError';
}

/** Reads from kept features. It only has those that `featureSpecsOf` found in the rules. @throws FeatureNotKeptError for others */
export function featureSource(features: Features, specs: readonly FeatureSpec[]): EventSource {
  const known = specIds(specs);
  return {
    rows(requirement) {
      const id = idOf(requirement);
      if (!known.has(id)) throw new FeatureNotKeptError(`no feature is kept for ${JSON.stringify(requirement)}`);
      return unpackRows(features[id]);
    },
  };
}

const specIds = memoizeByObject((specs: readonly FeatureSpec[]) => new Set(specs.map(({ id }) => id)));

/** Conditions keep their requirements (see `requirementsByMeasure`), so the hash is computed once for each. */
const idOf = memoizeByObject(requirementId);

/** Reads from the events themselves, in any order, each once. */
export function timelineSource(events: readonly CairnEvent[]): EventSource {
  const byName = Map.groupBy(events, (event) => event.name);
  return {
    rows: (requirement, lookup) =>
      sortRows(
        [...new Set(requirement.events)].flatMap((name) =>
          (byName.get(name) ?? []).flatMap((event) => rowsOf(event, requirement, lookup)),
        ),
      ),
  };
}
