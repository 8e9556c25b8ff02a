import { mergeFeatures } from '../../../core/conditions/features.ts';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import {
  type Activity,
  allStay,
  type Effect,
  emptyActivity,
  type OpenRun,
  runSlot,
} from '../../../core/profiles/activity.ts';
import { foldAll } from '../../../core/profiles/consent.ts';
import type { Consents, CountedSend } from '../../../core/profiles/profile.ts';
import { mergeProfiles } from '../../../core/profiles/traits.ts';
import { MOST_ATTEMPTS, type ProfileDeps } from './deps.ts';
import { effects } from './effects.ts';
import { dueEffects, judge, memberEffects } from './judge.ts';

/** Until then the merger itself completes; after it, `due` does. */
const COMPLETE_WITHIN_MS = 5 * 60_000;
const MOVED = ['EVENTS#', 'ENTERED#', 'IDS#', 'LEDGER#', 'LISTED#', 'MERGED#'] as const;

/** Merges X into U: `protocols.md`, A, merge(X, U). Of two merges of one X the first wins; a repeat does nothing. */
export async function merge(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<void> {
  const u = (await deps.profiles.home(into)).key;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await deps.profiles.readActivity(x);
    if (x === u || read?.done) return;
    if (read?.mergedInto !== undefined) {
      if ((await deps.profiles.home(x)).key === u) await complete(deps, x);
      return;
    }
    if (await deps.profiles.fenceActivity(x, u, deps.clock() + COMPLETE_WITHIN_MS, read)) return complete(deps, x);
  }
  throw new Error(`merge of ${x}: changed too often`);
}

/** Carries a fenced profile over. Any number of executors, a crash anywhere: each step is idempotent, a refused one starts again. */
export async function complete(deps: ProfileDeps, x: ProfileKey): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await deps.profiles.readActivity(x);
    if (read?.mergedInto === undefined || read.done) return;
    const into = await target(deps, read.mergedInto);
    const folded = (await foldItems(deps, x, into)) && (await foldActivity(deps, x, into));
    if (!folded) continue;
    await leaveTags(deps, x, read);
    await sweep(deps, x);
    if (await emptyOut(deps, x, read.mergedInto)) return;
  }
  throw new Error(`merge of ${x} could not be completed`);
}

/** a: the end of the chain; a fenced hop on the way is completed FIRST. */
async function target(deps: ProfileDeps, into: ProfileKey): Promise<ProfileKey> {
  let at = into;
  for (let hop = 0; hop < MOST_ATTEMPTS; hop += 1) {
    const read = await deps.profiles.readActivity(at);
    if (read?.mergedInto === undefined) return at;
    if (!read.done) await complete(deps, at);
    at = read.mergedInto;
  }
  throw new Error(`chain of merges behind ${into} is too long`);
}

/** b, c: #PROFILE, CONSENT and #SENDS are frozen, then folded by content. False: the target was fenced meanwhile. */
async function foldItems(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  const { profiles } = deps;
  const frozen = profiles.fencedProfile(await profiles.fence(x, '#PROFILE', into));
  if (frozen) {
    const there = await profiles.readProfile(into);
    if (there?.mergedInto !== undefined) return false;
    const next = mergeProfiles(frozen, there);
    if (next !== there && !(await profiles.updateProfile(into, there, { ...next, pv: (there?.pv ?? 0) + 1 })))
      return false;
    // Its messages and runs stay under its key, which whoever it becomes must know.
    await move(deps, x, 'MERGED#', [{ sk: `MERGED#${x}` }]);
  }
  const consents = profiles.fencedBody<Consents>(await profiles.fence(x, 'CONSENT', into));
  if (consents && !(await profiles.foldInto<Consents>(into, 'CONSENT', (now) => foldAll(now ?? {}, consents))))
    return false;
  const sends = profiles.fencedBody<Record<string, CountedSend>>(await profiles.fence(x, '#SENDS', into));
  return !sends || profiles.foldInto<Record<string, CountedSend>>(into, '#SENDS', (now) => ({ ...sends, ...now }));
}

/** d: features, ids, runs and tags in one commit of the target, once (`mergedFrom` knows). T is read BEFORE X. False: start again. */
async function foldActivity(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await deps.profiles.query(into);
    if (read.activity?.mergedInto !== undefined) return false;
    const there = read.activity ?? emptyActivity();
    const here = await deps.profiles.readActivity(x);
    if (here === undefined || here.done) return false;
    await effects(deps, into, there.pending, { isRepeat: true });
    if (there.mergedFrom.includes(x)) return true;

    const { snapshot } = await deps.catalog.snapshot();
    const now = deps.clock();
    const ofHere = await withoutClosed(deps, into, here.openRuns);
    const runs = joinRuns(
      await withoutClosed(deps, into, there.openRuns, (slot) => here.openRuns[slot] !== undefined),
      ofHere,
      now,
    );
    const featuresOf = Math.min(there.featuresOf || here.featuresOf, here.featuresOf || there.featuresOf);
    const features = mergeFeatures(there.features, here.features, snapshot.features.specs, now);
    const held = { ...byHand(here.tags), ...there.tags };
    const judged = judge(read.profile, { features, tags: held, openRuns: runs.open }, snapshot, now);
    const version = there.version + 1;
    const inherited = Object.keys(byHand(here.tags)).filter((tag) => there.tags[tag] === undefined);
    const due = dueEffects(there.dueAt, judged.changesAt, now);
    const pending: Effect[] = [
      ...memberEffects([...judged.flips, ...inherited.map((id) => ({ id, on: true }))], version, now),
      ...here.pending.filter((effect) => effect.kind !== 'member' && effect.kind !== 'due'),
      ...runs.superseded,
      ...due.effects,
    ];
    const next: Activity = {
      ...there,
      version,
      features,
      featuresOf,
      ids: [...there.ids, ...here.ids],
      trimmedAt: there.trimmedAt ?? here.trimmedAt,
      lastAt: Math.max(there.lastAt ?? 0, here.lastAt ?? 0),
      tags: judged.tags,
      openRuns: runs.open,
      neverLeft: there.neverLeft && here.neverLeft && allStay(here.openRuns, ofHere),
      dueAt: due.dueAt,
      pending,
      pv: read.profile?.pv ?? there.pv,
      mergedFrom: [...new Set([...there.mergedFrom, x, ...here.mergedFrom])],
    };
    if (!(await deps.profiles.commitActivity(into, read.activity?.version, next))) continue;
    await effects(deps, into, pending);
    return true;
  }
  throw new Error(`fold of ${x} into ${into}: changed too often`);
}

const byHand = (tags: Activity['tags']): Activity['tags'] =>
  Object.fromEntries(Object.entries(tags).filter(([, held]) => held.by !== 'rule'));

/**
 * A run that reads closed (strong, after T was read) is not carried over, nor does it close another: its end may have been told to T
 * already. What re-entry needs of it is put aside first, under T: under X it would lie unswept, where another has completed it meanwhile.
 */
async function withoutClosed(
  deps: ProfileDeps,
  into: ProfileKey,
  runs: Record<string, OpenRun>,
  isAsked: (slot: string) => boolean = () => true,
): Promise<Record<string, OpenRun>> {
  const open: Record<string, OpenRun> = {};
  for (const [slot, run] of Object.entries(runs)) {
    if (!isAsked(slot) || (await deps.runs.get(run.entry))?.status !== 'closed') open[slot] = run;
    else await deps.profiles.putEntered(into, slot, { entry: run.entry, at: run.at });
  }
  return open;
}

/** Of two open runs of one journey and key the older stays. */
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

/** e: X's memberships turn off under the fence's version, so that no older effect turns them on again. */
async function leaveTags(deps: ProfileDeps, x: ProfileKey, fenced: Activity): Promise<void> {
  const named = fenced.pending.flatMap((effect) => (effect.kind === 'member' ? [effect.tag] : []));
  const tags = new Set([...Object.keys(fenced.tags), ...named]);
  for (const tag of tags) await deps.profiles.setMember(x, tag, false, fenced.version, deps.clock());
}

/** f: what lies beside the items moves on; deleted under X only while the target is not fenced itself. */
export async function sweep(deps: ProfileDeps, x: ProfileKey): Promise<void> {
  for (const prefix of MOVED) {
    for (
      let page = await deps.profiles.movable(x, prefix);
      page.length > 0;
      page = await deps.profiles.movable(x, prefix)
    ) {
      await move(deps, x, prefix, page);
    }
  }
}

async function move(deps: ProfileDeps, x: ProfileKey, prefix: string, page: Record<string, unknown>[]): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
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
    if ((await deps.profiles.readActivity(key))?.mergedInto === undefined) return deps.profiles.remove(x, page);
  }
  throw new Error(`sweep of ${x}: its target was merged too often`);
}

/** g: X keeps its fence alone, and says that it is done. */
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
