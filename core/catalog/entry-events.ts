import { TRIGGERED } from '../events/internal.ts';
import { subscribedEventsOf } from '../journeys/subscribed-events.ts';
import { memoizeByObject } from '../memoize.ts';
import type { Snapshot } from './snapshot.ts';

/** Returns the names of the events that may start a run of a live journey. */
export const entryEvents = memoizeByObject(
  ({ journeys }: Snapshot): ReadonlySet<string> =>
    new Set([TRIGGERED, ...journeys.flatMap(({ definition }) => subscribedEventsOf(definition).entry)]),
);
