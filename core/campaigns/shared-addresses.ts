import type { Channel } from '../channels/registry.ts';
import type { ProfileKey } from '../ids.ts';

/** A person of an audience, with a hash of the address on each channel by which they could be sent to, in the order of trying. */
export interface Sharer {
  profile: ProfileKey;
  heardOf: number;
  addresses: readonly (readonly [Channel, string])[];
}

/**
 * Finds who shares an address. Of those who would be sent to one address first, the profile that was heard of first stays, and the others are
 * duplicates. An address belongs to one recipient in an occurrence: whoever else could fall back to it must not.
 */
export function sharedAmong(sharers: readonly Sharer[]): {
  duplicates: ProfileKey[];
  without: Record<ProfileKey, Channel[]>;
} {
  const byAge = [...sharers].sort((a, b) => a.heardOf - b.heardOf || (a.profile < b.profile ? -1 : 1));
  const owners = new Map<string, ProfileKey>();
  const duplicates: ProfileKey[] = [];
  const left = byAge.filter(({ profile, addresses: [first] }) => {
    if (first === undefined) return true;
    const isFree = !owners.has(nameOf(first));
    if (isFree) owners.set(nameOf(first), profile);
    else duplicates.push(profile);
    return isFree;
  });
  const without: Record<ProfileKey, Channel[]> = {};
  for (const { profile, addresses } of left) {
    const taken = addresses.slice(1).flatMap((address) => {
      const owner = owners.get(nameOf(address));
      if (owner === undefined) owners.set(nameOf(address), profile);
      return owner === undefined || owner === profile ? [] : [address[0]];
    });
    if (taken.length > 0) without[profile] = taken;
  }
  return { duplicates, without };
}

const nameOf = ([channel, hash]: readonly [Channel, string]): string => `${channel}#${hash}`;
