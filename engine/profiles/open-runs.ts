import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { topLevelTrait } from '../../core/conditions/comparison.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { MIGRATE_RUN, type MigrateRun, RUN_ENDED } from '../../core/events/internal.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { asksForEntries, isOverKeys } from '../../core/journeys/entry.ts';
import { followedTraits } from '../../core/journeys/followed-traits.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { type Activity, anyKeySlot, type Effect, type EventPlace, type OpenRun } from '../../core/profiles/activity.ts';
import type { ProfileDeps } from './deps.ts';

/** Versions by which a run may be touched beside its newest. */
const MAX_BEFORE = 5;

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
    else await keepLastEntry(deps, key, slot, run, snapshot);
  }
  return stay;
}

/** Stores the data that re-entry still needs of a run that leaves `openRuns`. */
export async function keepLastEntry(
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

/** Returns the listed runs after these events, which may ask to move some of them to a newer version, and the effects that move them. */
export function withMigrations(
  open: Activity['openRuns'],
  fresh: readonly CairnEvent[],
): { open: Activity['openRuns']; effects: Effect[] } {
  // `migrateRunEvent` in core/events/internal.ts writes these properties.
  const asked = fresh
    .filter(({ name }) => name === MIGRATE_RUN)
    .map(({ properties, at }) => ({ ...(properties as unknown as MigrateRun), at }));
  if (asked.length === 0) return { open, effects: [] };
  const moved = { ...open };
  const effects: Effect[] = [];
  for (const { entry, from, to, map, at } of asked) {
    const [slot, run] = Object.entries(moved).find(([, listed]) => listed.entry === entry) ?? [];
    if (slot === undefined || run === undefined || run.version > to) continue;
    const before = [...new Set([...(run.before ?? []), run.version])].filter((version) => version !== to);
    moved[slot] = { ...run, version: to, before: before.slice(-MAX_BEFORE) };
    effects.push({ kind: 'migrate', entry, from, to, ...(map === undefined ? {} : { map }), at });
  }
  return { open: moved, effects };
}

/** Returns the open runs whose journeys (in the versions that they may stand in) exit on one of these events, or wait for one. */
export async function touches(
  deps: Pick<ProfileDeps, 'catalog'>,
  open: Activity['openRuns'],
  fresh: readonly CairnEvent[],
  places: ReadonlyMap<string, EventPlace> = new Map(),
): Promise<Effect[]> {
  const found: Effect[] = [];
  for (const run of Object.values(open)) {
    const names = await touchingNames(deps, run);
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
    const traits = (await definitionsOf(deps, run)).flatMap((journey) => [...followedTraits(journey)]);
    if (traits.some((trait) => hasChanged(trait) || hasChanged(topLevelTrait(trait))))
      found.push({ kind: 'follow', entry: run.entry });
  }
  return found;
}

/** Names of the events that end or resolve the run in any version that it may stand in. */
export async function touchingNames(deps: Pick<ProfileDeps, 'catalog'>, run: OpenRun): Promise<ReadonlySet<string>> {
  const subscribed = (await definitionsOf(deps, run)).map(subscribedEventsOf);
  return new Set(subscribed.flatMap(({ exit, resolve }) => [...exit, ...resolve]));
}

async function definitionsOf(
  { catalog }: Pick<ProfileDeps, 'catalog'>,
  { journey, version, before = [] }: OpenRun,
): Promise<Journey[]> {
  const found = await Promise.all([version, ...before].map((one) => catalog.version('journeys', journey, one)));
  // `PUT` validated what the catalog holds as a journey.
  return found.flatMap((one) => (one === undefined ? [] : (one.definition as Journey)));
}
