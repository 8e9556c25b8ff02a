import type { ProfileKey } from '../../../core/ids.ts';
import { mergeConsents } from '../../../core/profiles/consent.ts';
import { mergeProfiles } from '../../../core/profiles/traits.ts';
import type { ProfileDeps } from '../deps.ts';
import { fittedConsents, fittedProfile, fittedSends } from './item-sizes.ts';
import { listUnderSurvivor } from './move-items.ts';

/** Step 3.2: #PROFILE, CONSENT and #SENDS are frozen, then folded by content. False: the target was fenced meanwhile. */
export async function foldItems(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  const { profiles } = deps;
  const frozen = await profiles.fence(x, 'profile', into);
  if (frozen) {
    const there = await profiles.readProfile(into);
    if (there?.mergedInto !== undefined) return false;
    const next = await fittedProfile(deps, { from: x, into }, mergeProfiles(frozen, there));
    if (next !== there && !(await profiles.updateProfile(into, there, { ...next, pv: (there?.pv ?? 0) + 1 })))
      return false;
    await profiles.removeLookUps(x, frozen);
    await listUnderSurvivor(deps, x);
  }
  const consents = await profiles.fence(x, 'consents', into);
  if (
    consents &&
    !(await profiles.foldInto(into, 'consents', (now) => fittedConsents(mergeConsents(now ?? {}, consents))))
  )
    return false;
  const sends = await profiles.fence(x, 'sends', into);
  return !sends || profiles.foldInto(into, 'sends', (now) => fittedSends({ ...sends, ...now }));
}
