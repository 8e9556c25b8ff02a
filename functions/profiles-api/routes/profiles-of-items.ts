import type { ProfileKey } from '../../../core/ids.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { profilesOf } from '../../../engine/profiles/find-profile.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import type { Deps } from '../dependencies.ts';

const MAX_LOOKUPS = 8;

/** Returns the profile id of each item of a page, in order, and the addresses of all of them, for the mask. */
export async function profilesOfItems(
  deps: Deps,
  items: readonly { profile: ProfileKey }[],
): Promise<{ ids: string[]; known: string[] }> {
  const profileOf = profilesOf(deps);
  const found = await mapWithConcurrency(MAX_LOOKUPS, items, ({ profile }) => profileOf(profile));
  return { ids: found.map(({ id }) => id), known: found.flatMap(({ profile }) => knownAddresses(profile)) };
}
