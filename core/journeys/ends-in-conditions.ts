import { referencesOf } from '../conditions/references.ts';
import { RUN_ENDED } from '../events/internal.ts';
import { conditionsOf } from './events-in-conditions.ts';
import type { Journey } from './schema.ts';

/** Name under which `Snapshot.subscribedEvents` notes that a version asks for the runs of this journey. */
export const endsOf = (journey: string): string => `${RUN_ENDED}:${journey}`;

/** Returns what `Snapshot.subscribedEvents` notes of the journeys whose runs this journey's conditions ask for: whether they are open, or how they ended. */
export const endsInConditions = (journey: Journey): readonly string[] =>
  conditionsOf(journey).flatMap((condition) => referencesOf(condition).journeys.map(endsOf));
