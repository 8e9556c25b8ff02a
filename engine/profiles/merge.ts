import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { mergeFeatures } from '../../core/conditions/features.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { turned } from '../../core/events/internal.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { notKeptEvent } from '../../core/metrics/metric-event.ts';
import {
  type Activity,
  allStay,
  type Effect,
  emptyActivity,
  type OpenRun,
  runSlot,
} from '../../core/profiles/activity.ts';
import { foldAll } from '../../core/profiles/consent.ts';
import type { Consents, CountedSend, Profile } from '../../core/profiles/profile.ts';
import { mergeProfiles, warned } from '../../core/profiles/traits.ts';
import { warningOf } from '../../core/profiles/warnings.ts';
import { CONFLICT, retryOnConflict } from '../retry-on-conflict.ts';
import { changed, definitionOf, earliest, follows, nextTime, putAside, touches } from './apply-events.ts';
import { caughtUp } from './caught-up.ts';
import type { ProfileDeps } from './deps.ts';
import { noteDropped } from './dropped.ts';
import { dueEffects, evaluateTags, memberEffects } from './evaluate-tags.ts';
import { executeEffects } from './execute-effects.ts';
import { fittedConsents, fittedProfile, fittedSends, MAX_MERGED_BYTES, sizesTogether } from './fitted.ts';
import type { MergedRow } from './ports.ts';
import { MAX_HOPS } from './ports.ts';

/** Within this time the executor of the merge completes it; after it, `process-due-profiles` does. */
const COMPLETE_WITHIN_MS = 5 * 60_000;
/**
 * Profiles that were merged into X are listed under X. They stay there when X itself is merged, until there are this many levels. Then all of them
 * are listed under the survivor and point straight to it. So a chain of n merges moves about n²/32 names instead of n²/2, and no lookup takes more
 * steps than this.
 */
const MAX_LEVELS = 16;
/** Names that are moved at a time, and profiles that are pointed to the survivor at a time. */
const NAMES_PAGE = 100;
const CONCURRENCY = 8;

/** Merges X into U: `docs/protocols.md#merges`. Of two merges of one X the first wins; a repeat does nothing. False: refused, X stays as it is. */
export async function merge(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  const fenced = await fence(deps, x, into);
  if (fenced === 'fenced') await complete(deps, x);
  return fenced !== 'refused';
}

/** First half of a merge: from now on X points to U, but its data is not moved yet. `nothing`: there is nothing to complete. */
export async function fence(
  deps: ProfileDeps,
  x: ProfileKey,
  into: ProfileKey,
): Promise<'fenced' | 'nothing' | 'refused'> {
  const { key: u } = await deps.profiles.home(into);
  return retryOnConflict<'fenced' | 'nothing' | 'refused'>(
    async () => {
      const read = await deps.profiles.readActivity(x);
      if (x === u || read?.done) return 'nothing';
      if (read?.mergedInto !== undefined) return (await deps.profiles.home(x)).key === u ? 'fenced' : 'nothing';
      if (read !== undefined && !(await fits(deps, x, u))) return 'refused';
      if (await deps.profiles.fenceActivity(x, u, deps.clock() + COMPLETE_WITHIN_MS, read)) return 'fenced';
      return CONFLICT;
    },
    () => new Error(`merge of ${x}: changed too often`),
  );
}

/** Returns whether both profiles together fit into an item. If not, both stay as they are. */
async function fits(deps: ProfileDeps, x: ProfileKey, u: ProfileKey): Promise<boolean> {
  const [here, there] = [await deps.profiles.query(x), await deps.profiles.query(u)];
  const sizes = sizesTogether(here, there);
  const tooLarge = Object.entries(sizes).filter(([, bytes]) => bytes > MAX_MERGED_BYTES);
  if (tooLarge.length === 0) return true;
  await noteDropped(
    deps,
    { kind: 'merge', home: u, from: x },
    tooLarge.map(([item, bytes]) => `${item}: ${bytes} bytes`).join(', '),
  );
  await warnOfRefusal(deps, x, here.profile, there.profile);
  await warnOfRefusal(deps, u, there.profile, here.profile);
  return false;
}

/**
 * Adds a warning to both profiles that explains why they were not merged. If the write is refused by a concurrent one, a repeat of the merge adds it.
 */
async function warnOfRefusal(
  deps: ProfileDeps,
  key: ProfileKey,
  profile: Profile | undefined,
  other: Profile | undefined,
): Promise<void> {
  if (profile === undefined || profile.mergedInto !== undefined || other === undefined) return;
  const warning = warningOf('merge-refused', other.identity.id, { at: deps.clock() });
  const next = warned(profile, [warning]);
  if (next === profile) return;
  if (await deps.profiles.updateProfile(key, profile, { ...next, pv: profile.pv + 1 }))
    await deps.metricEvents.publish([notKeptEvent(key, warning)]);
}

/** Completes the merge of a fenced profile; does nothing if it is not fenced. */
export async function completeFenced(deps: ProfileDeps, x: ProfileKey): Promise<void> {
  const read = await deps.profiles.readActivity(x);
  if (read?.mergedInto !== undefined && !read.done) await complete(deps, x);
}

/**
 * Moves a fenced profile's data. Any number of executors may do it, and a crash may come anywhere: each step is idempotent, and a refused one starts
 * again. `pages`: most pages to move of the data beside the items; the next executor moves the rest.
 */
export async function complete(deps: ProfileDeps, x: ProfileKey, pages = Number.POSITIVE_INFINITY): Promise<void> {
  return retryOnConflict(
    async () => {
      const read = await deps.profiles.readActivity(x);
      if (read?.mergedInto === undefined || read.done) return undefined;
      const into = await target(deps, read.mergedInto);
      const folded = (await foldItems(deps, x, into)) && (await foldActivity(deps, x, into));
      if (!folded) return CONFLICT;
      await leaveTags(deps, x, read);
      if (!(await moveItems(deps, x, pages))) return undefined;
      await compress(deps, x);
      if (await emptyOut(deps, x, into)) return undefined;
      return CONFLICT;
    },
    () => new Error(`merge of ${x} could not be completed`),
  );
}

/** Step 3.1: the end of the chain; fenced hops on the way are completed FIRST, the last one before those that lead to it. */
export async function target(deps: ProfileDeps, into: ProfileKey): Promise<ProfileKey> {
  for (let attempt = 0; attempt < MAX_HOPS; attempt += 1) {
    const { key, unswept } = await deps.profiles.home(into);
    if (unswept.length === 0) return key;
    for (const hop of unswept.reverse()) await complete(deps, hop);
  }
  throw new Error(`merges behind ${into} are not completed`);
}

/** Step 3.2: #PROFILE, CONSENT and #SENDS are frozen, then folded by content. False: the target was fenced meanwhile. */
async function foldItems(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  const { profiles } = deps;
  const frozen = profiles.fencedProfile(await profiles.fence(x, '#PROFILE', into));
  if (frozen) {
    const there = await profiles.readProfile(into);
    if (there?.mergedInto !== undefined) return false;
    const next = await fittedProfile(deps, into, mergeProfiles(frozen, there));
    if (next !== there && !(await profiles.updateProfile(into, there, { ...next, pv: (there?.pv ?? 0) + 1 })))
      return false;
    await profiles.removeLookUps(x, frozen);
    // Its messages and runs stay under its key, so the survivor must know the key.
    await move(deps, x, 'MERGED#', [nameOf(x, levelsOf(await profiles.mergedUnder(x)))]);
  }
  const consents = profiles.fencedBody<Consents>(await profiles.fence(x, 'CONSENT', into));
  if (
    consents &&
    !(await profiles.foldInto<Consents>(into, 'CONSENT', (now) => fittedConsents(foldAll(now ?? {}, consents))))
  )
    return false;
  const sends = profiles.fencedBody<Record<string, CountedSend>>(await profiles.fence(x, '#SENDS', into));
  return (
    !sends || profiles.foldInto<Record<string, CountedSend>>(into, '#SENDS', (now) => fittedSends({ ...sends, ...now }))
  );
}

/** Step 3.3: features, ids, runs and tags in one commit of the target, once (`mergedFrom` knows). T is read BEFORE X. False: start again. */
async function foldActivity(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  return retryOnConflict(
    async (attempt) => {
      const read = await deps.profiles.query(into);
      if (read.activity?.mergedInto !== undefined) {
        if (attempt > 0) await leaveNothing(deps, into);
        return false;
      }
      const there = read.activity ?? emptyActivity();
      const here = await deps.profiles.readActivity(x);
      if (here === undefined || here.done) return false;
      await executeEffects(deps, into, there.pending, { isRepeat: true });
      if (there.mergedFrom.includes(x)) return true;

      const evaluatedBy = Math.max(there.snapshotOf ?? 0, here.snapshotOf ?? 0);
      const { snapshot } = await deps.catalog.snapshot({ version: evaluatedBy });
      const now = deps.clock();
      const ours = (await caughtUp(deps, { key: into, profile: read.profile, activity: there }, snapshot, now))
        .activity;
      const theirs = (await caughtUp(deps, { key: x, profile: read.profile, activity: here }, snapshot, now)).activity;
      const ofHere = await withoutClosed(deps, into, here.openRuns, snapshot);
      const isShared = (slot: string) => here.openRuns[slot] !== undefined;
      const ofThere = await withoutClosed(deps, into, there.openRuns, snapshot, isShared);
      const runs = joinRuns(ofThere, ofHere, now);
      const features = mergeFeatures(ours.features, theirs.features, snapshot.features.specs, now);
      const held = { ...byHand(theirs.tags), ...ours.tags };
      const evaluated = evaluateTags(read.profile, { features, tags: held, openRuns: runs.open }, snapshot, now);
      const version = there.version + 1;
      const joined = { ...ours, features, tags: evaluated.tags, openRuns: runs.open };
      const due = dueEffects(
        there.dueAt,
        earliest(evaluated.changesAt, nextTime({ profile: read.profile, activity: joined, snapshot }, now)),
        now,
      );
      const pending: Effect[] = [
        ...memberEffects(changed(there.tags, evaluated.tags), version, now),
        ...here.pending.filter((effect) => effect.kind !== 'member' && effect.kind !== 'due'),
        ...runs.superseded,
        ...(await touchedByMerge(deps, { x, into, here, there, open: runs.open, tags: evaluated.tags, version, now })),
        ...(await follows(deps, runs.open, () => true)),
        ...due.effects,
      ];
      const next: Activity = {
        ...joined,
        ...pastOf(there, here),
        version,
        arrivalsOf: snapshot.arrivals.version,
        snapshotOf: snapshot.version,
        neverLeft:
          there.neverLeft && here.neverLeft && allStay(here.openRuns, ofHere) && allStay(there.openRuns, ofThere),
        dueAt: due.dueAt,
        pending,
        pv: read.profile?.pv ?? there.pv,
        mergedFrom: [...new Set([...there.mergedFrom, x, ...here.mergedFrom])],
      };
      if (!(await deps.profiles.commitActivity(into, read.activity?.version, next))) return CONFLICT;
      await executeEffects(deps, into, pending);
      return true;
    },
    () => new Error(`fold of ${x} into ${into}: changed too often`),
  );
}

/** Events that either has counted. */
const pastOf = (there: Activity, here: Activity): Pick<Activity, 'ids' | 'trimmedAt' | 'lastAt'> => ({
  ids: [...there.ids, ...here.ids],
  trimmedAt: latest(there.trimmedAt, here.trimmedAt),
  lastAt: Math.max(there.lastAt ?? 0, here.lastAt ?? 0),
});

/** The target was itself merged meanwhile, perhaps completely: data that an attempt has stored under it is moved on. */
async function leaveNothing(deps: ProfileDeps, merged: ProfileKey): Promise<void> {
  await complete(deps, merged);
  await moveItems(deps, merged);
}

interface Joining {
  x: ProfileKey;
  into: ProfileKey;
  here: Activity;
  there: Activity;
  /** Open runs of both profiles. */
  open: Activity['openRuns'];
  tags: Activity['tags'];
  version: number;
  now: EpochMs;
}

/**
 * Events of one profile count for the runs of the other: an order by the anonymous visitor ends the cart journey of the user that the visitor
 * becomes. Tags that the merge changes end and resolve runs as usual; they start none.
 */
async function touchedByMerge(deps: ProfileDeps, joining: Joining): Promise<Effect[]> {
  const { x, into, here, there, open, tags, version, now } = joining;
  const of = (side: Activity) =>
    Object.fromEntries(Object.entries(open).filter(([slot, run]) => side.openRuns[slot]?.entry === run.entry));
  const turns = (side: Activity) => changed(side.tags, tags).map(({ id, on }) => turned(id, on, version, now, true));
  return [
    ...(await touchedBy(deps, of(there), turns(there), x, here)),
    ...(await touchedBy(deps, of(here), turns(here), into, there)),
  ];
}

/** Collects the runs that tag changes touch, and those that the events in the timeline of `other` since each run's start touch. */
async function touchedBy(
  deps: ProfileDeps,
  open: Activity['openRuns'],
  turns: CairnEvent[],
  other: ProfileKey,
  side: Activity,
): Promise<Effect[]> {
  const touched: Effect[] = [];
  for (const run of Object.values(open)) {
    const journey = await definitionOf(deps, run);
    if (journey === undefined) continue;
    const { exit, resolve } = subscribedEventsOf(journey);
    const names = new Set([...exit, ...resolve]);
    const isLooked = names.size > 0 && (side.lastAt ?? 0) >= run.at;
    const { events, places } = isLooked
      ? await deps.profiles.history(other, { from: run.at, names })
      : { events: [], places: new Map() };
    touched.push(...(await touches(deps, { [run.entry]: run }, [...events, ...turns], places)));
  }
  return touched;
}

const latest = (a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);

const byHand = (tags: Activity['tags']): Activity['tags'] =>
  Object.fromEntries(Object.entries(tags).filter(([, held]) => held.by !== 'rule'));

/**
 * A run that is read as closed (strongly consistent, after T was read) is not carried over and does not close another, because its end may have been
 * sent to T already. The data that re-entry needs is first stored under T: under X it would not be moved if another executor has completed X
 * meanwhile.
 */
async function withoutClosed(
  deps: ProfileDeps,
  into: ProfileKey,
  runs: Record<string, OpenRun>,
  snapshot: Snapshot,
  isAsked: (slot: string) => boolean = () => true,
): Promise<Record<string, OpenRun>> {
  const open: Record<string, OpenRun> = {};
  for (const [slot, run] of Object.entries(runs)) {
    if (!isAsked(slot) || (await deps.runs.get(run.entry))?.status !== 'closed') open[slot] = run;
    else await putAside(deps, into, slot, run, snapshot);
  }
  return open;
}

/** If two open runs have the same journey and key, keeps the older. */
function joinRuns(there: Record<string, OpenRun>, here: Record<string, OpenRun>, now: EpochMs) {
  const open: Record<string, OpenRun> = { ...there };
  const superseded: Effect[] = [];
  for (const run of Object.values(here)) {
    const slot = runSlot(run.journey, run.key);
    const other = open[slot];
    const stays = other === undefined || run.at < other.at ? run : other;
    const leaves = stays === run ? other : run;
    open[slot] = stays;
    if (leaves !== undefined && leaves.entry !== stays.entry)
      superseded.push({ kind: 'supersede', entry: leaves.entry, at: now });
  }
  return { open, superseded };
}

/** Step 3.4: X's memberships turn off under the fence's version, so that no older effect turns them on again. */
async function leaveTags(deps: ProfileDeps, x: ProfileKey, fenced: Activity): Promise<void> {
  const named = fenced.pending.flatMap((effect) => (effect.kind === 'member' ? [effect.tag] : []));
  const tags = new Set([...Object.keys(fenced.tags), ...named]);
  for (const tag of tags) await deps.profiles.setMember(x, tag, false, fenced.version, deps.clock());
}

/** Step 3.5: what lies beside the items moves on; deleted under X only while the target is not fenced itself. False: there is more. */
export async function moveItems(deps: ProfileDeps, x: ProfileKey, pages = Number.POSITIVE_INFINITY): Promise<boolean> {
  let left = pages;
  for (let page = await deps.profiles.movable(x); page.length > 0; page = await deps.profiles.movable(x)) {
    if (left === 0) return false;
    for (const [prefix, items] of byPrefix(page)) await move(deps, x, prefix, items);
    left -= 1;
  }
  return true;
}

function byPrefix(page: Record<string, unknown>[]): Map<string, Record<string, unknown>[]> {
  const prefixes = new Map<string, Record<string, unknown>[]>();
  for (const item of page) {
    const prefix = String(item.sk).slice(0, String(item.sk).indexOf('#') + 1);
    prefixes.set(prefix, [...(prefixes.get(prefix) ?? []), item]);
  }
  return prefixes;
}

const nameOf = (key: ProfileKey, levels: number): Record<string, unknown> => ({ sk: `MERGED#${key}`, levels });
const levelsOf = (below: readonly MergedRow[]): number => Math.max(0, ...below.map(({ levels }) => levels + 1));

/**
 * If too many levels of merged profiles are listed under X, lists all of them under its survivor and points them straight to it. The name with the
 * deepest level stays under X until last, so that an executor that completes X after a death starts again.
 */
async function compress(deps: ProfileDeps, x: ProfileKey): Promise<void> {
  const [deepest] = (await deps.profiles.mergedUnder(x)).toSorted((a, b) => b.levels - a.levels);
  if (deepest === undefined || levelsOf([deepest]) < MAX_LEVELS) return;
  const rows = await deps.profiles.mergedTree(x);
  const keys = [...new Set(rows.map(({ key }) => key))];
  const others = keys.filter((key) => key !== deepest.key);
  for (let from = 0; from < others.length; from += NAMES_PAGE) {
    const page = others.slice(from, from + NAMES_PAGE).map((key) => nameOf(key, 0));
    await move(deps, x, 'MERGED#', page);
  }
  const { key: into } = await deps.profiles.home(x);
  await mapWithConcurrency(CONCURRENCY, keys, (key) => deps.profiles.repoint(key, into));
  for (const under of new Set(rows.map((row) => row.under))) {
    if (under === x) continue; // removed as they moved
    const names = rows.filter((row) => row.under === under).map(({ key }) => nameOf(key, 0));
    await deps.profiles.remove(under, names);
  }
  await move(deps, x, 'MERGED#', [nameOf(deepest.key, 0)]);
  await move(deps, x, 'MERGED#', [nameOf(x, 0)]);
}

async function move(deps: ProfileDeps, x: ProfileKey, prefix: string, page: Record<string, unknown>[]): Promise<void> {
  const left = new Set([x]);
  return retryOnConflict(
    async () => {
      const { key } = await deps.profiles.home(x);
      if (prefix === 'ENTERED#') {
        for (const item of page) {
          const entered = { entry: String(item.entry), at: Number(item.at) };
          await deps.profiles.putEntered(key, String(item.sk).slice(prefix.length), entered);
        }
      } else if (prefix === 'LISTED#') {
        for (const item of page)
          await deps.profiles.putListed(key, String(item.sk).slice(prefix.length), Number(item.at));
      } else {
        await deps.profiles.putUnder(key, page);
      }
      if ((await deps.profiles.readActivity(key))?.mergedInto === undefined) {
        for (const one of left) await deps.profiles.remove(one, page);
        return undefined;
      }
      // The target was merged meanwhile, and its own items may have moved already: data that arrived there since is moved on.
      left.add(key);
      return CONFLICT;
    },
    () => new Error(`items of ${x}: the profile that they move to was merged too often`),
  );
}

/** Step 3.6: X keeps its fence alone, and says that it is done. */
async function emptyOut(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  for (const sk of ['#PROFILE', 'CONSENT', '#SENDS'] as const) await deps.profiles.empty(x, sk, into);
  const read = await deps.profiles.readActivity(x);
  if (read === undefined || read.done) return true;
  return deps.profiles.commitActivity(x, read.version, {
    ...emptyActivity(),
    version: read.version + 1,
    mergedInto: into,
    done: true,
  });
}
