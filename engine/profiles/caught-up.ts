import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type FeatureSpec, type Features, foldEvents } from '../../core/conditions/features.ts';
import { IDS_MS, TIMELINE_MS } from '../../core/events/timeline.ts';
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
  /** The activity with complete features for the snapshot, and with the tags that its rules give without new events. */
  activity: Activity;
  /** Tags and segments that only a change of the rules has changed. */
  flips: { id: string; on: boolean }[];
}

/**
 * Brings a profile up to date with the live rules before it is evaluated. New features are built from its timeline. New rules are first evaluated
 * without the new events, so that changes which only a rule caused are known as such. Writes nothing.
 */
export async function caughtUp(
  deps: CaughtUpDeps,
  { key, profile, activity }: { key: ProfileKey; profile: Profile | undefined; activity: Activity },
  snapshot: Snapshot,
  now: EpochMs,
): Promise<CaughtUp> {
  const { features, featuresOf } = await completeFeatures(deps, key, activity, snapshot, now);
  const complete = { ...activity, features, featuresOf };
  if (activity.version === 0 || !isBehind(activity, snapshot)) return { activity: complete, flips: [] };
  const { tags, flips } = evaluateTags(profile, complete, snapshot, now);
  return { activity: { ...complete, tags, arrivalsOf: snapshot.arrivals.version }, flips };
}

/** Returns a profile that has been evaluated with the live rules, which are never older than those of its last evaluation. */
export async function caughtUpNow(
  deps: CaughtUpDeps & { catalog: Pick<CatalogStore, 'snapshot'>; clock: Clock },
  { key, profile, activity }: Pick<CurrentProfile, 'key' | 'profile' | 'activity'>,
): Promise<{ activity: Activity | undefined; snapshot: Snapshot }> {
  const { snapshot } = await deps.catalog.snapshot({ version: activity?.snapshotOf });
  if (activity === undefined) return { activity, snapshot };
  return { activity: (await caughtUp(deps, { key, profile, activity }, snapshot, deps.clock())).activity, snapshot };
}

/** Returns whether rules, timed entries or the settings that every profile is evaluated by have changed since the profile was last evaluated. */
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
  const built = await featuresFromTimeline(deps, key, activity, missing, now);
  return { features: { ...features, ...built }, featuresOf: version };
}

/**
 * Builds the features of the events that `activity` has counted. An event is in the timeline before the commit that counts it. During a merge it is
 * under the merged profile until it is moved, and it may be under the survivor before the survivor's commit.
 */
async function featuresFromTimeline(
  deps: CaughtUpDeps,
  key: ProfileKey,
  activity: Activity,
  missing: FeatureSpec[],
  now: EpochMs,
): Promise<Features> {
  const from = now - Math.min(TIMELINE_MS, Math.max(...missing.map(({ within = TIMELINE_MS }) => within)));
  const names = new Set(missing.flatMap(({ events }) => events));
  // A merge copies an event to the survivor before it deletes it, so the survivor is read last.
  const keys = [...(await unfinishedMerges(deps, activity)), key];
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

/** Returns the profiles that were merged into this one and whose events may still be under their own keys. */
async function unfinishedMerges(deps: CaughtUpDeps, { mergedFrom }: Activity): Promise<ProfileKey[]> {
  const keys: ProfileKey[] = [];
  for (const key of mergedFrom) if ((await deps.profiles.readActivity(key))?.done !== true) keys.push(key);
  return keys;
}
