import { mergeFeatures } from '../../../core/conditions/features.ts';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import { type Activity, allStay, type Effect, emptyActivity } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { CONFLICT, retryOnConflict } from '../../../core/retry-on-conflict.ts';
import { earliest } from '../../../core/time/earliest.ts';
import { changed } from '../apply-events.ts';
import { caughtUp } from '../caught-up.ts';
import type { ProfileDeps } from '../deps.ts';
import { dueEffects, evaluateTags, memberEffects } from '../evaluate-tags.ts';
import { executeEffects } from '../execute-effects.ts';
import { follows } from '../open-runs.ts';
import { nextTime } from '../timed-entries.ts';
import { turnFacts } from '../turn-facts.ts';
import { joinRuns, withoutClosed } from './join-runs.ts';
import { touchedByMerge } from './touched-runs.ts';

/** `target-merged`: the target was itself merged while its activity was being written. */
export type Folded = 'folded' | 'again' | 'target-merged';

/** Step 3.3: features, ids, runs and tags in one commit of the target, once (`mergedFrom` knows). T is read BEFORE X. */
export async function foldActivity(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<Folded> {
  return retryOnConflict<Folded>(
    async (attempt) => {
      const read = await deps.profiles.query(into);
      if (read.activity?.mergedInto !== undefined) return attempt > 0 ? 'target-merged' : 'again';
      const there = read.activity ?? emptyActivity();
      const here = await deps.profiles.readActivity(x);
      if (here === undefined || here.done) return 'again';
      await executeEffects(deps, into, there.pending, { isRepeat: true });
      if (there.mergedFrom.includes(x)) return 'folded';
      const next = await joinedActivity(deps, { x, into, here, there, profile: read.profile });
      if (!(await deps.profiles.commitActivity(into, read.activity?.version, next))) return CONFLICT;
      await executeEffects(deps, into, next.pending);
      return 'folded';
    },
    () => new Error(`fold of ${x} into ${into}: changed too often`),
  );
}

interface Sides {
  x: ProfileKey;
  into: ProfileKey;
  here: Activity;
  there: Activity;
  /** The survivor's profile. */
  profile: Profile | undefined;
}

/** Returns the target's next activity, which holds that of both profiles, with the effects to execute. */
async function joinedActivity(deps: ProfileDeps, { x, into, here, there, profile }: Sides): Promise<Activity> {
  const evaluatedBy = Math.max(there.snapshotOf ?? 0, here.snapshotOf ?? 0);
  const { snapshot } = await deps.catalog.snapshot({ version: evaluatedBy });
  const now = deps.clock();
  const ours = (await caughtUp(deps, { key: into, profile, activity: there }, snapshot, now)).activity;
  const theirs = (await caughtUp(deps, { key: x, profile, activity: here }, snapshot, now)).activity;
  const ofHere = await withoutClosed(deps, into, here.openRuns, snapshot);
  const isShared = (slot: string) => here.openRuns[slot] !== undefined;
  const ofThere = await withoutClosed(deps, into, there.openRuns, snapshot, isShared);
  const runs = joinRuns(ofThere, ofHere, now);
  const features = mergeFeatures(ours.features, theirs.features, snapshot.features.specs, now);
  const held = { ...byHand(theirs.tags), ...ours.tags };
  const evaluated = evaluateTags(profile, { features, tags: held, openRuns: runs.open }, snapshot, now);
  const version = there.version + 1;
  const joined = { ...ours, features, tags: evaluated.tags, openRuns: runs.open };
  // Who had a tag under either key, or has it by a rule that is newer, has not got it by the merge.
  const changes = changed({ ...theirs.tags, ...ours.tags }, evaluated.tags);
  const goals = { key: into, profile, activity: joined, entered: [], snapshot, now };
  const due = dueEffects(
    there.dueAt,
    earliest(evaluated.changesAt, nextTime({ profile, activity: joined, snapshot }, now)),
    now,
  );
  const pending: Effect[] = [
    ...memberEffects(changed(there.tags, evaluated.tags), version, now),
    ...here.pending.filter((effect) => effect.kind !== 'member' && effect.kind !== 'due'),
    ...runs.superseded,
    ...(await touchedByMerge(deps, { x, into, here, there, open: runs.open, tags: evaluated.tags, version, now })),
    ...(await follows(deps, runs.open, () => true)),
    ...(await turnFacts(deps, goals, changes, version)),
    ...due.effects,
  ];
  return {
    ...joined,
    version,
    arrivalsOf: snapshot.arrivals.version,
    snapshotOf: snapshot.version,
    ids: [...there.ids, ...here.ids],
    trimmedAt: latest(there.trimmedAt, here.trimmedAt),
    lastAt: Math.max(there.lastAt ?? 0, here.lastAt ?? 0),
    neverLeft: there.neverLeft && here.neverLeft && allStay(here.openRuns, ofHere) && allStay(there.openRuns, ofThere),
    dueAt: due.dueAt,
    pending,
    pv: profile?.pv ?? there.pv,
    mergedFrom: [...new Set([...there.mergedFrom, x, ...here.mergedFrom])],
  };
}

const latest = (a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);

const byHand = (tags: Activity['tags']): Activity['tags'] =>
  Object.fromEntries(Object.entries(tags).filter(([, held]) => held.by !== 'rule'));
