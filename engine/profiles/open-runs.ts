import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { topOf } from '../../core/conditions/comparison.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { RUN_ENDED } from '../../core/events/internal.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { asksForEntries, isOverKeys } from '../../core/journeys/entry.ts';
import { followedTraits } from '../../core/journeys/followed-traits.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { type Activity, anyKeySlot, type Effect, type EventPlace, type OpenRun } from '../../core/profiles/activity.ts';
import type { ProfileDeps } from './deps.ts';

/** Removes runs whose end has been published. First stores the data that re-entry still needs of them. */
export async function withoutEnded(
  deps: ProfileDeps,
  key: ProfileKey,
  open: Activity['openRuns'],
  fresh: CairnEvent[],
  snapshot: Snapshot,
): Promise<Activity['openRuns']> {
  const ended = new Set(fresh.filter((event) => event.name === RUN_ENDED).map((event) => event.properties?.entry));
  const stay: Activity['openRuns'] = {};
  for (const [slot, run] of Object.entries(open)) {
    if (!ended.has(run.entry)) stay[slot] = run;
    else await putAside(deps, key, slot, run, snapshot);
  }
  return stay;
}

/** Stores the data that re-entry still needs of a run that leaves `openRuns`. */
export async function putAside(
  deps: Pick<ProfileDeps, 'profiles'>,
  key: ProfileKey,
  slot: string,
  { entry, at, journey, isTest }: OpenRun,
  snapshot: Snapshot,
): Promise<void> {
  if (isTest) return;
  const live = snapshot.journeys.find(({ id }) => id === journey)?.definition;
  if (live !== undefined && !asksForEntries(live)) return;
  await deps.profiles.putEntered(key, slot, { entry, at });
  if (live === undefined || isOverKeys(live)) await deps.profiles.putEntered(key, anyKeySlot(journey), { entry, at });
}

/** Returns the open runs whose journeys (in the version that they entered) exit on one of these events, or wait for one. */
export async function touches(
  deps: Pick<ProfileDeps, 'catalog'>,
  open: Activity['openRuns'],
  fresh: readonly CairnEvent[],
  places: ReadonlyMap<string, EventPlace> = new Map(),
): Promise<Effect[]> {
  const found: Effect[] = [];
  for (const run of Object.values(open)) {
    const journey = await definitionOf(deps, run);
    if (journey === undefined) continue;
    const { exit, resolve } = subscribedEventsOf(journey);
    const names = new Set([...exit, ...resolve]);
    const events = fresh
      .filter((event) => event.name !== undefined && names.has(event.name))
      .map((event) => places.get(event.id) ?? { event });
    if (events.length > 0) found.push({ kind: 'touch', entry: run.entry, events });
  }
  return found;
}

/** Returns the open runs that may rest until a date of the customer that has changed. */
export async function follows(
  deps: Pick<ProfileDeps, 'catalog'>,
  open: Activity['openRuns'],
  hasChanged: (trait: string) => boolean,
): Promise<Effect[]> {
  const found: Effect[] = [];
  for (const run of Object.values(open)) {
    const journey = await definitionOf(deps, run);
    const traits = journey === undefined ? [] : followedTraits(journey);
    if (traits.some((trait) => hasChanged(trait) || hasChanged(topOf(trait))))
      found.push({ kind: 'follow', entry: run.entry });
  }
  return found;
}

export async function definitionOf(deps: Pick<ProfileDeps, 'catalog'>, run: OpenRun): Promise<Journey | undefined> {
  // `PUT` validated what the catalog holds as a journey.
  return (await deps.catalog.version('journeys', run.journey, run.version))?.definition as Journey | undefined;
}
