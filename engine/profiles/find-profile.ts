import { type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { DomainError } from '../errors.ts';
import type { CurrentProfile, ProfileStore } from './ports.ts';

/** A profile that there is, at the end of its merges. */
export interface FoundProfile {
  home: CurrentProfile;
  profile: Profile;
  /** userId, or anonymousId of an anonymous profile. */
  id: string;
  /** By which it was found. */
  key: ProfileKey;
}

interface Homes {
  profiles: Pick<ProfileStore, 'home'>;
}

/** `{id}` and `profileId`: looked up as userId, then as anonymousId. */
export async function findProfile(deps: Homes, id: string): Promise<FoundProfile | undefined> {
  for (const key of [profileKeyOfUser(id), profileKeyOfAnonymous(id)]) {
    const home = await deps.profiles.home(key);
    if (home.activity === undefined && home.profile === undefined) continue;
    return found(key, home, id);
  }
  return undefined;
}

/** 404 where there is none. */
export async function requireProfile(deps: Homes, id: string): Promise<FoundProfile> {
  const profile = await findProfile(deps, id);
  if (profile === undefined) throw new DomainError({ code: 'not-found', detail: 'There is no profile of that id.' });
  return profile;
}

export async function profileOfKey(deps: Homes, key: ProfileKey): Promise<FoundProfile> {
  return found(key, await deps.profiles.home(key), '');
}

function found(key: ProfileKey, home: CurrentProfile, asked: string): FoundProfile {
  // Between a profile's first events and its commit there may be an activity without a profile.
  const profile = home.profile ?? { identity: { kind: 'user' as const, id: asked }, pv: 0, traits: {}, addresses: {} };
  return { home, profile, id: profile.identity.id, key };
}

/**
 * Its own key, and those that were merged in, swept or not: runs and messages stay under them. `more`: so many were merged in that what lies under
 * some of them is not looked for.
 */
export async function keysOf(
  deps: { profiles: Pick<ProfileStore, 'mergedKeys'> },
  { home, key }: FoundProfile,
): Promise<{ keys: ProfileKey[]; more: boolean }> {
  const { keys, more } = await deps.profiles.mergedKeys(home.key);
  return { keys: [...new Set([home.key, key, ...(home.activity?.mergedFrom ?? []), ...keys])], more };
}

/** Profiles behind keys for lists; each key is read once. */
export function profilesOf(deps: Homes): (key: ProfileKey) => Promise<FoundProfile> {
  const known = new Map<ProfileKey, Promise<FoundProfile>>();
  return (key) => {
    const profile = known.get(key) ?? profileOfKey(deps, key);
    known.set(key, profile);
    return profile;
  };
}

/** Ids behind keys for lists; each key is read once. */
export function idsOf(deps: Homes): (key: ProfileKey) => Promise<string> {
  const profileOf = profilesOf(deps);
  return async (key) => (await profileOf(key)).id;
}
