import type { Address } from '../../core/channels/address.ts';
import { addressesOn, CHANNELS, type Channel, kindOf, withAddresses } from '../../core/channels/registry.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { AddressRef } from '../../core/profiles/address-record.ts';
import { withRenewed } from '../../core/profiles/addresses.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { AddressStore, ProfileStore } from '../../engine/profiles/ports.ts';
import { MAX_HOPS } from '../../engine/profiles/ports.ts';
import type { ProfilePartition } from './profile-reads.ts';
import { putProfile } from './profile-writes.ts';
import type { Table } from './table.ts';

/** Channels whose addresses belong to one profile each. */
const OWNED = CHANNELS.filter((channel) => kindOf(channel).address.isExclusive);
const seenAt = (held: Address): EpochMs => ('at' in held && typeof held.at === 'number' ? held.at : 0);

type OwnedAddresses = Pick<ProfileStore, 'renewAddress' | 'dropAddress'> & {
  /** Addresses of these channels that are new to the profile become its own, and leave the profile that had them. */
  withOwnAddresses(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<Profile>;
};

/** Addresses that belong to one profile alone (push tokens): the one that registered it last. */
export function ownedAddresses(
  rows: Table,
  { home }: ProfilePartition,
  { claimAddress }: Pick<AddressStore, 'claimAddress'>,
): OwnedAddresses {
  /** A merge between the reads and the write is seen by the write, which the profile's `pv` or fence then refuses. */
  async function dropAddress(key: ProfileKey, ref: AddressRef, owner: ProfileKey): Promise<boolean> {
    let isForeign = true;
    await changeAddresses(rows, home, key, ref.channel, async (held, at) => {
      isForeign = (await home(owner)).key !== at;
      return isForeign ? held.filter(({ value }) => value !== ref.value) : held;
    });
    return isForeign;
  }

  /** Returns those of these addresses that another profile registered later. */
  async function lostOf(key: ProfileKey, channel: Channel, fresh: readonly Address[]): Promise<Set<string>> {
    const lost = new Set<string>();
    for (const held of fresh) {
      const ref = { channel, value: held.value };
      const owned = await claimAddress(ref, key, seenAt(held));
      if (owned === false) lost.add(held.value);
      else if (owned.before !== undefined && owned.before !== key) await dropAddress(owned.before, ref, key);
    }
    return lost;
  }

  return {
    dropAddress,

    async renewAddress(key: ProfileKey, { channel, value }: AddressRef, renewed: string, at: EpochMs): Promise<void> {
      if ((await claimAddress({ channel, value: renewed }, (await home(key)).key, at)) === false) return;
      await changeAddresses(rows, home, key, channel, (held) => withRenewed(held, value, renewed));
    },

    async withOwnAddresses(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<Profile> {
      let { addresses: kept } = next;
      for (const channel of OWNED) {
        const known = new Set(addressesOn(before?.addresses ?? {}, channel).map(({ value }) => value));
        const held = addressesOn(kept, channel);
        const fresh = held.filter(({ value }) => !known.has(value));
        const lost = await lostOf(key, channel, fresh);
        if (lost.size === 0) continue;
        const left = held.filter(({ value }) => !lost.has(value));
        kept = withAddresses(kept, channel, left);
      }
      return kept === next.addresses ? next : { ...next, addresses: kept };
    },
  };
}

/** Another's change of a profile's addresses of a channel; follows merges. */
async function changeAddresses(
  rows: Table,
  home: ProfilePartition['home'],
  key: ProfileKey,
  channel: Channel,
  change: (held: Address[], at: ProfileKey) => Address[] | Promise<Address[]>,
): Promise<void> {
  await retryOnConflict(
    async () => {
      const { key: at, profile } = await home(key);
      const held = addressesOn(profile?.addresses ?? {}, channel);
      const changed = await change(held, at);
      if (profile === undefined || JSON.stringify(changed) === JSON.stringify(held)) return undefined;
      const next = { ...profile, pv: profile.pv + 1, addresses: withAddresses(profile.addresses, channel, changed) };
      return (await putProfile(rows, at, profile, next)) ? undefined : CONFLICT;
    },
    () => new Error(`the addresses of ${key} changed too often`),
    MAX_HOPS,
  );
}
