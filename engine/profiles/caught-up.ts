import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type FeatureSpec, type Features, foldEvents } from '../../core/conditions/features.ts';
import { TIMELINE_MS } from '../../core/events/timeline.ts';
import { type EpochMs, type ProfileKey, shortHash } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import { evaluateTags } from './evaluate-tags.ts';
import type { CurrentProfile, ProfileStore } from './ports.ts';

export interface CaughtUpDeps {
  profiles: Pick<ProfileStore, 'history' | 'olderIds' | 'readActivity'>;
}

export interface CaughtUp {
  /** Features are complete for the snapshot, and tags are as its rules see them without anything new. */
  activity: Activity;
  /** Tags and segments that only a change of the rules has turned. */
  flips: { id: string; on: boolean }[];
}

/** Message ids are kept for so long after they left `ids`. */
export const IDS_MS = 8 * 24 * 3600_000;

/**
 * Whoever evaluates a profile evaluates it caught up with the live rules: features that are new to it are built from its timeline, and by rules that
 * are new to it it is first evaluated as it was, so that what then turns, nothing but the rule has turned. Writes nothing.
 */
export async function caughtUp(
  deps: CaughtUpDeps,
  key: ProfileKey,
  profile: Profile | undefined,
  activity: Activity,
  snapshot: Snapshot,
  now: EpochMs,
): Promise<CaughtUp> {
  const { features, featuresOf } = await completeFeatures(deps, key, activity, snapshot, now);
  const complete = { ...activity, features, featuresOf };
  if (activity.version === 0 || !isBehind(activity, snapshot)) return { activity: complete, flips: [] };
  const { tags, flips } = evaluateTags(profile, complete, snapshot, now);
  return { activity: { ...complete, tags, arrivalsOf: snapshot.arrivals.version }, flips };
}

/** What was read of a profile, caught up with the rules that are live: never older ones than it was evaluated by. */
export async function caughtUpNow(
  deps: CaughtUpDeps & { catalog: Pick<CatalogStore, 'snapshot'>; clock: Clock },
  { key, profile, activity }: Pick<CurrentProfile, 'key' | 'profile' | 'activity'>,
): Promise<{ activity: Activity | undefined; snapshot: Snapshot }> {
  const { snapshot } = await deps.catalog.snapshot({ version: activity?.snapshotOf });
  if (activity === undefined) return { activity, snapshot };
  return { activity: (await caughtUp(deps, key, profile, activity, snapshot, deps.clock())).activity, snapshot };
}

/** Rules, calendars or the settings that everybody is evaluated by have changed since the profile was last evaluated. */
export const isBehind = (activity: Pick<Activity, 'arrivalsOf' | 'featuresOf'>, snapshot: Snapshot): boolean =>
  (activity.arrivalsOf ?? 0) < snapshot.arrivals.version || activity.featuresOf < snapshot.features.version;

async function completeFeatures(
  deps: CaughtUpDeps,
  key: ProfileKey,
  activity: Activity,
  snapshot: Snapshot,
  now: EpochMs,
): Promise<Pick<Activity, 'features' | 'featuresOf'>> {
  const { specs, version } = snapshot.features;
  const missing = activity.version === 0 ? [] : specs.filter((spec) => spec.since > activity.featuresOf);
  const kept = new Set(specs.filter((spec) => !missing.includes(spec)).map(({ id }) => id));
  const features = Object.fromEntries(Object.entries(activity.features).filter(([id]) => kept.has(id)));
  if (missing.length === 0) return { features, featuresOf: version };
  const built = await builtFrom(deps, key, activity, missing, now);
  return { features: { ...features, ...built }, featuresOf: version };
}

/**
 * The features that the events which `activity` has counted give. An event lies in the timeline before the commit that counts it, under a
 * profile that is being merged until that is swept, and under the survivor before that one has folded it in.
 */
async function builtFrom(
  deps: CaughtUpDeps,
  key: ProfileKey,
  activity: Activity,
  missing: FeatureSpec[],
  now: EpochMs,
): Promise<Features> {
  const from = now - Math.min(TIMELINE_MS, Math.max(...missing.map(({ within = TIMELINE_MS }) => within)));
  const names = new Set(missing.flatMap(({ events }) => events));
  // A sweep puts an event under the survivor before it takes it away: so the survivor is read last.
  const keys = [...(await unswept(deps, activity)), key];
  const found = new Map<string, Awaited<ReturnType<ProfileStore['history']>>['events'][number]>();
  for (const one of keys)
    for (const event of (await deps.profiles.history(one, { from, names })).events) found.set(event.id, event);
  const known = new Set(activity.ids);
  const isYoung = (receivedAt: EpochMs) => receivedAt > now - IDS_MS;
  const doubtful = new Set(
    [...found.values()].flatMap(({ id, receivedAt }) =>
      isYoung(receivedAt) && !known.has(shortHash(id)) ? [shortHash(id)] : [],
    ),
  );
  if (doubtful.size > 0) {
    for (const one of keys)
      for (const hash of await deps.profiles.olderIds(one, doubtful, now - IDS_MS)) known.add(hash);
  }
  const counted = [...found.values()].filter(({ id, receivedAt }) => !isYoung(receivedAt) || known.has(shortHash(id)));
  return foldEvents({}, missing, counted, now);
}

/** Profiles that were folded into this one, and whose events may still lie under them. */
async function unswept(deps: CaughtUpDeps, { mergedFrom }: Activity): Promise<ProfileKey[]> {
  const keys: ProfileKey[] = [];
  for (const key of mergedFrom) if ((await deps.profiles.readActivity(key))?.done !== true) keys.push(key);
  return keys;
}
