import type { ProfileKey } from '../../../core/ids.ts';
import { notKeptEvent } from '../../../core/metrics/profile-events.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { warned } from '../../../core/profiles/traits.ts';
import { warningOf } from '../../../core/profiles/warnings.ts';
import { CONFLICT, retryOnConflict } from '../../../core/retry-on-conflict.ts';
import type { ProfileDeps } from '../deps.ts';
import { noteDropped } from '../dropped.ts';
import { MAX_MERGED_BYTES, mergedSizes } from './item-sizes.ts';

/** Within this time the executor of the merge completes it; after it, `process-due-profiles` does. */
const COMPLETE_WITHIN_MS = 5 * 60_000;

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
  const sizes = mergedSizes(here, there);
  const tooLarge = Object.entries(sizes).filter(([, bytes]) => bytes > MAX_MERGED_BYTES);
  if (tooLarge.length === 0) return true;
  await noteDropped(
    deps,
    { kind: 'merge', home: u, from: x },
    [x, u],
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
