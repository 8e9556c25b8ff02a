import type { CairnEvent } from '../events/event.ts';
import { type EventRequirement, type EventSource, inOrder, needId, rowsOf } from './event-requirement.ts';
import { type FeatureSpec, type Features, unpackRows } from './features.ts';

/** Thrown if a rule needs a feature that is not kept: the rules and the features are of different snapshots. */
export class FeatureNotKeptError extends Error {
  override readonly name = 'FeatureNotKeptError';
}

/** Reads from kept features. It only has those that `featureSpecsOf` found in the rules. @throws FeatureNotKeptError for others */
export function featureSource(features: Features, specs: readonly FeatureSpec[]): EventSource {
  const known = specIds(specs);
  return {
    rows(need) {
      const id = idOf(need);
      if (!known.has(id)) throw new FeatureNotKeptError(`no feature is kept for ${JSON.stringify(need)}`);
      return unpackRows(features[id]);
    },
  };
}

const idsOfSpecs = new WeakMap<readonly FeatureSpec[], Set<string>>();
function specIds(specs: readonly FeatureSpec[]): Set<string> {
  const known = idsOfSpecs.get(specs);
  if (known) return known;
  const ids = new Set(specs.map(({ id }) => id));
  idsOfSpecs.set(specs, ids);
  return ids;
}

/** Conditions keep their needs (see `eventNeeds`), so the hash is computed once for each. */
const idsOfNeeds = new WeakMap<EventRequirement, string>();
function idOf(need: EventRequirement): string {
  const known = idsOfNeeds.get(need);
  if (known !== undefined) return known;
  const id = needId(need);
  idsOfNeeds.set(need, id);
  return id;
}

/** Reads from the events themselves, in any order, each once. */
export function timelineSource(events: readonly CairnEvent[]): EventSource {
  const byName = Map.groupBy(events, (event) => event.name);
  return {
    rows: (need, lookup) =>
      inOrder(
        [...new Set(need.events)].flatMap((name) =>
          (byName.get(name) ?? []).flatMap((event) => rowsOf(event, need, lookup)),
        ),
      ),
  };
}
