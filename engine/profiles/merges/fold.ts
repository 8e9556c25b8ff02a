import type { ProfileKey } from '../../../core/ids.ts';
import { foldAll } from '../../../core/profiles/consent.ts';
import type { Consents, CountedSend } from '../../../core/profiles/profile.ts';
import { mergeProfiles } from '../../../core/profiles/traits.ts';
import type { ProfileDeps } from '../deps.ts';
import { fittedConsents, fittedProfile, fittedSends } from '../fitted.ts';
import { listUnderSurvivor } from './move-items.ts';

/** Step 3.2: #PROFILE, CONSENT and #SENDS are frozen, then folded by content. False: the target was fenced meanwhile. */
export async function foldItems(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<boolean> {
  const { profiles } = deps;
  const frozen = profiles.fencedProfile(await profiles.fence(x, '#PROFILE', into));
  if (frozen) {
    const there = await profiles.readProfile(into);
    if (there?.mergedInto !== undefined) return false;
    const next = await fittedProfile(deps, { from: x, into }, mergeProfiles(frozen, there));
    if (next !== there && !(await profiles.updateProfile(into, there, { ...next, pv: (there?.pv ?? 0) + 1 })))
      return false;
    await profiles.removeLookUps(x, frozen);
    await listUnderSurvivor(deps, x);
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
