import { type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { DomainError } from '../errors.ts';
import type { CurrentProfile, ProfileStore } from './ports.ts';

/** An existing profile, after all merges. */
export interface FoundProfile {
  home: CurrentProfile;
  profile: Profile;
  /** userId, or the anonymousId of an anonymous profile. */
  id: string;
  /** Key by which it was found. */
  key: ProfileKey;
}

interface Homes {
  profiles: Pick<ProfileStore, 'home'>;
}

/** Finds a profile by the API's `{id}` or `profileId`: first as userId, then as anonymousId. */
export async function findProfile(deps: Homes, id: string): Promise<FoundProfile | undefined> {
  for (const key of [profileKeyOfUser(id), profileKeyOfAnonymous(id)]) {
    const home = await deps.profiles.home(key);
    if (home.activity === undefined && home.profile === undefined) continue;
    return found(key, home, id);
  }
  return undefined;
}

/** Throws a 404 if there is none. */
export async function requireProfile(deps: Homes, id: string): Promise<FoundProfile> {
  const profile = await findProfile(deps, id);
  if (profile === undefined) throw new DomainError({ code: 'not-found', detail: 'There is no profile of that id.' });
  return profile;
}

export async function profileOfKey(deps: Homes, key: ProfileKey): Promise<FoundProfile> {
  return found(key, await deps.profiles.home(key), '');
}

function found(key: ProfileKey, home: CurrentProfile, asked: string): FoundProfile {
  // Between a profile's first events and its commit, an activity may exist without a profile.
  const profile = home.profile ?? { identity: { kind: 'user' as const, id: asked }, pv: 0, traits: {}, addresses: {} };
  return { home, profile, id: profile.identity.id, key };
}

/**
 * Returns the profile's own key and those of the profiles merged into it: runs and messages stay under them. `more`: there are so many that some are
 * not looked at.
 */
export async function keysOf(
  deps: { profiles: Pick<ProfileStore, 'mergedKeys'> },
  { home, key }: FoundProfile,
): Promise<{ keys: ProfileKey[]; more: boolean }> {
  const { keys, more } = await deps.profiles.mergedKeys(home.key);
  return { keys: [...new Set([home.key, key, ...(home.activity?.mergedFrom ?? []), ...keys])], more };
}

/** Returns the profiles of keys in lists. Each key is read once. */
export function profilesOf(deps: Homes): (key: ProfileKey) => Promise<FoundProfile> {
  const known = new Map<ProfileKey, Promise<FoundProfile>>();
  return (key) => {
    const profile = known.get(key) ?? profileOfKey(deps, key);
    known.set(key, profile);
    return profile;
  };
}

/** Returns the ids of keys in lists. Each key is read once. */
export function idsOf(deps: Homes): (key: ProfileKey) => Promise<string> {
  const profileOf = profilesOf(deps);
  return async (key) => (await profileOf(key)).id;
}
