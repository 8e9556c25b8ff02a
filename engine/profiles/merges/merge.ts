import type { ProfileKey } from '../../../core/ids.ts';
import { type Activity, emptyActivity } from '../../../core/profiles/activity.ts';
import { mergedFact } from '../../../core/results/customer-facts.ts';
import { CONFLICT, retryOnConflict } from '../../../core/retry-on-conflict.ts';
import type { ProfileDeps } from '../deps.ts';
import { MAX_HOPS } from '../ports.ts';
import { fence } from './fence.ts';
import { foldItems } from './fold.ts';
import { foldActivity } from './fold-activity.ts';
import { compressNames, moveItems } from './move-items.ts';

/** Merges X into U: `docs/protocols.md#merges`. Of two merges of one X the first wins; a repeat does nothing. False: refused, X stays as it is. */
export async function merge(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  const fenced = await fence(deps, x, into);
  if (fenced === 'fenced') await complete(deps, x);
  return fenced !== 'refused';
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
      const folded = (await foldItems(deps, x, into)) ? await foldActivity(deps, x, into) : 'again';
      if (folded === 'target-merged') await moveLateItems(deps, into);
      if (folded !== 'folded') return CONFLICT;
      await removeMemberships(deps, x, read);
      if (!(await moveItems(deps, x, pages))) return undefined;
      await compressNames(deps, x);
      // Reports find by it whose messages and orders those of X are.
      await deps.metricEvents.publish([mergedFact(x, into, deps.clock())]);
      if (await emptyMerged(deps, x, into)) return undefined;
      return CONFLICT;
    },
    () => new Error(`merge of ${x} could not be completed`),
  );
}

/** Step 3.1: the end of the chain; fenced hops on the way are completed FIRST, the last one before those that lead to it. */
export async function target(deps: ProfileDeps, into: ProfileKey): Promise<ProfileKey> {
  for (let attempt = 0; attempt < MAX_HOPS; attempt += 1) {
    const { key, unfinishedMerges } = await deps.profiles.home(into);
    if (unfinishedMerges.length === 0) return key;
    for (const hop of unfinishedMerges.reverse()) await complete(deps, hop);
  }
  throw new Error(`merges behind ${into} are not completed`);
}

/** The target was itself merged meanwhile, perhaps completely: data that an attempt has stored under it is moved on. */
async function moveLateItems(deps: ProfileDeps, merged: ProfileKey): Promise<void> {
  await complete(deps, merged);
  await moveItems(deps, merged);
}

/** Step 3.4: X's memberships turn off under the fence's version, so that no older effect turns them on again. */
async function removeMemberships(deps: ProfileDeps, x: ProfileKey, fenced: Activity): Promise<void> {
  const named = fenced.pending.flatMap((effect) => (effect.kind === 'member' ? [effect.tag] : []));
  const tags = new Set([...Object.keys(fenced.tags), ...named]);
  for (const tag of tags) await deps.profiles.setMember(x, tag, false, fenced.version, deps.clock());
}

/** Step 3.6: X keeps its fence alone, and says that it is done. */
async function emptyMerged(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  for (const name of ['profile', 'consents', 'sends'] as const) await deps.profiles.emptyItem(x, name, into);
  const read = await deps.profiles.readActivity(x);
  if (read === undefined || read.done) return true;
  return deps.profiles.commitActivity(x, read.version, {
    ...emptyActivity(),
    version: read.version + 1,
    mergedInto: into,
    done: true,
  });
}
