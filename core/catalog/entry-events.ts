import { TRIGGERED } from '../events/internal.ts';
import { subscribedEventsOf } from '../journeys/subscribed-events.ts';
import type { Snapshot } from './snapshot.ts';

const known = new WeakMap<Snapshot, ReadonlySet<string>>();

/** Returns the names of the events that may start a run of a live journey. */
export function entryEvents(snapshot: Snapshot): ReadonlySet<string> {
  let names = known.get(snapshot);
  if (names === undefined) {
    names = new Set([
      TRIGGERED,
      ...snapshot.journeys.flatMap(({ definition }) => subscribedEventsOf(definition).entry),
    ]);
    known.set(snapshot, names);
  }
  return names;
}
