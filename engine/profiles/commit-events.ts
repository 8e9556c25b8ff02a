import { entryEvents } from '../../core/catalog/entry-events.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { TRIGGERED } from '../../core/events/internal.ts';
import { type ProfileKey, shortHash } from '../../core/ids.ts';
import { type Activity, withIds } from '../../core/profiles/activity.ts';
import { applyEvents } from './apply-events.ts';
import type { ProfileDeps } from './deps.ts';
import { endsAmong, uncounted, withoutEnds } from './ended-runs.ts';
import { executeEffects } from './execute-effects.ts';
import { type FreshEvents, saveConsents, saveProfile } from './save-profile.ts';

/**
 * Returns the live rules, which are never older than those of the profile's last evaluation. A trigger is evaluated only once, so it is not refused by
 * an older copy: a journey that this instance does not know may have just been published, and one that it knows as paused may have been resumed.
 */
export async function rulesFor(
  deps: Pick<ProfileDeps, 'catalog'>,
  fresh: readonly CairnEvent[],
  version: number | undefined,
): Promise<{ snapshot: Snapshot; pointer: Pointer }> {
  const live = await deps.catalog.snapshot({ version });
  const open = new Set<unknown>(
    live.snapshot.journeys.flatMap(({ id }) => (live.pointer.journeys[id] === undefined ? [id] : [])),
  );
  const barred = fresh.filter(({ name, properties }) => name === TRIGGERED && !open.has(properties?.journey));
  if (barred.length === 0) return live;
  return deps.catalog.snapshot({ version, since: Math.max(...barred.map(({ receivedAt }) => receivedAt)) });
}

/** Steps 4 to 9; with the rules by which it was evaluated. Undefined: somebody else wrote meanwhile, begin again. */
export async function commitFresh(
  deps: ProfileDeps,
  input: FreshEvents,
): Promise<{ committed: Activity; snapshot: Snapshot } | undefined> {
  const { key, read, activity } = input;
  const { snapshot, pointer } = await rulesFor(deps, input.fresh, activity.snapshotOf);
  const ends = await endsFor(deps, activity, input.fresh, snapshot);
  const fresh = [...input.fresh, ...ends];
  const profile = await saveProfile(deps, { ...input, openRuns: withoutEnds(activity.openRuns, ends) }, snapshot);
  if (profile === 'refused') return undefined;
  await saveConsents(deps, key, read, input.fresh);
  const places = await deps.profiles.putEvents(key, fresh);
  await executeEffects(deps, key, activity.pending, { isRepeat: true });

  const next = await applyEvents(deps, {
    key,
    before: read.profile,
    profile,
    activity,
    places,
    fresh,
    snapshot,
    pointer,
  });
  const ids = withIds(
    activity.ids,
    fresh.map((event) => shortHash(event.id)),
  );
  if (ids.trimmed.length > 0) await deps.profiles.putOlderIds(key, ids.trimmed, deps.clock());
  const committed: Activity = {
    ...next,
    ids: ids.ids,
    trimmedAt: ids.trimmed.length > 0 ? deps.clock() : activity.trimmedAt,
    mergedFrom: await stillMerging(deps, activity.mergedFrom),
  };
  const isCommitted = await deps.profiles.commitActivity(key, read.activity?.version, committed);
  return isCommitted ? { committed, snapshot } : undefined;
}

/**
 * Returns the ends of listed runs whose end was not sent to the profile: of runs that a live rule asks for, which may have ended before the rule was
 * live; and of all, if an event may start another run, so that ended ones make room for it.
 */
async function endsFor(
  deps: ProfileDeps,
  activity: Activity,
  fresh: readonly CairnEvent[],
  snapshot: Snapshot,
): Promise<CairnEvent[]> {
  const listed = Object.values(activity.openRuns);
  if (listed.length === 0) return [];
  const mayEnter = fresh.some(({ name }) => name !== undefined && entryEvents(snapshot).has(name));
  const asked = mayEnter ? listed : listed.filter(({ journey }) => isEndWatched(snapshot, journey));
  const known = new Set(fresh.map(({ id }) => id));
  return uncounted(await endsAmong(deps, asked, deps.clock()), activity).filter(({ id }) => !known.has(id));
}

/** Returns the merges that are not complete; the others need not be remembered. */
async function stillMerging(deps: ProfileDeps, merged: ProfileKey[]): Promise<ProfileKey[]> {
  const left: ProfileKey[] = [];
  for (const key of merged) if ((await deps.profiles.readActivity(key))?.done !== true) left.push(key);
  return left;
}
