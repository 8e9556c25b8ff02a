import type { ProfileKey } from '../../../core/ids.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { CONFLICT, retryOnConflict } from '../../../core/retry-on-conflict.ts';
import type { ProfileDeps } from '../deps.ts';
import type { MergedRow, MovableItem } from '../ports.ts';

/**
 * Profiles that were merged into X are listed under X. They stay there when X itself is merged, until there are this many levels. Then all of them
 * are listed under the survivor and point straight to it. So a chain of n merges moves about n²/32 names instead of n²/2, and no lookup takes more
 * steps than this.
 */
const MAX_LEVELS = 16;
/** Names that are moved at a time, and profiles that are pointed to the survivor at a time. */
const NAMES_PAGE = 100;
const CONCURRENCY = 8;

/** Step 3.5: what lies beside the items moves on; deleted under X only while the target is not fenced itself. False: there is more. */
export async function moveItems(deps: ProfileDeps, x: ProfileKey, pages = Number.POSITIVE_INFINITY): Promise<boolean> {
  let left = pages;
  for (let page = await deps.profiles.movableItems(x); page.length > 0; page = await deps.profiles.movableItems(x)) {
    if (left === 0) return false;
    await move(deps, x, page);
    left -= 1;
  }
  return true;
}

const nameOf = (key: ProfileKey, levels: number): MovableItem => ({ kind: 'merged', key, levels });
const levelsOf = (below: readonly MergedRow[]): number => Math.max(0, ...below.map(({ levels }) => levels + 1));

/** Lists X under its survivor: its messages and runs stay under its key, so the survivor must know the key. */
export async function listUnderSurvivor(deps: ProfileDeps, x: ProfileKey): Promise<void> {
  await move(deps, x, [nameOf(x, levelsOf(await deps.profiles.mergedUnder(x)))]);
}

/**
 * If too many levels of merged profiles are listed under X, lists all of them under its survivor and points them straight to it. The name with the
 * deepest level stays under X until last, so that an executor that completes X after a death starts again.
 */
export async function compressNames(deps: ProfileDeps, x: ProfileKey): Promise<void> {
  const [deepest] = (await deps.profiles.mergedUnder(x)).toSorted((a, b) => b.levels - a.levels);
  if (deepest === undefined || levelsOf([deepest]) < MAX_LEVELS) return;
  const rows = await deps.profiles.mergedTree(x);
  const keys = [...new Set(rows.map(({ key }) => key))];
  const others = keys.filter((key) => key !== deepest.key);
  for (let from = 0; from < others.length; from += NAMES_PAGE) {
    const page = others.slice(from, from + NAMES_PAGE).map((key) => nameOf(key, 0));
    await move(deps, x, page);
  }
  const { key: into } = await deps.profiles.home(x);
  await mapWithConcurrency(CONCURRENCY, keys, (key) => deps.profiles.repoint(key, into));
  for (const under of new Set(rows.map((row) => row.under))) {
    if (under === x) continue; // removed as they moved
    const names = rows.filter((row) => row.under === under).map(({ key }) => nameOf(key, 0));
    await deps.profiles.removeItems(under, names);
  }
  await move(deps, x, [nameOf(deepest.key, 0)]);
  await move(deps, x, [nameOf(x, 0)]);
}

async function move(deps: ProfileDeps, x: ProfileKey, page: readonly MovableItem[]): Promise<void> {
  const left = new Set([x]);
  return retryOnConflict(
    async () => {
      const { key } = await deps.profiles.home(x);
      await deps.profiles.putItems(key, page);
      if ((await deps.profiles.readActivity(key))?.mergedInto === undefined) {
        for (const one of left) await deps.profiles.removeItems(one, page);
        return undefined;
      }
      // The target was merged meanwhile, and its own items may have moved already: data that arrived there since is moved on.
      left.add(key);
      return CONFLICT;
    },
    () => new Error(`items of ${x}: the profile that they move to was merged too often`),
  );
}
