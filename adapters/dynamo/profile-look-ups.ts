import { kindOf } from '../../core/channels/registry.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { type AddressRef, addressesOf } from '../../core/profiles/address-record.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { ProfileStore } from '../../engine/profiles/ports.ts';
import { RECORD } from './addresses.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
import { addressKey } from './profile-items.ts';
import type { ProfilePartition } from './profile-reads.ts';
import type { Table } from './table.ts';

/** Owners of an address that are read concurrently. */
const CONCURRENCY = 8;

/** Look-ups from an address to its profiles, each with the `pv` that it was written with. */
export const profileLookUps = (
  rows: Table,
  { home }: ProfilePartition,
): Pick<ProfileStore, 'removeLookUps' | 'byAddress'> => ({
  async removeLookUps(key: ProfileKey, { addresses, pv }: Profile): Promise<void> {
    for (const ref of addressesOf(addresses))
      if (kindOf(ref.channel).address.isSearchable) await removeLookUp(rows, { pk: addressKey(ref), sk: key }, pv);
  },

  async byAddress(
    ref: AddressRef,
    page: { limit: number; cursor?: string | undefined } = { limit: 100 },
  ): Promise<{ keys: ProfileKey[]; next?: string | undefined }> {
    const pk = addressKey(ref);
    const { items, next } = await rows.query(expression`#pk = ${pk} AND #sk > ${page.cursor ?? RECORD}`, {
      consistent: true,
      limit: page.limit,
    });
    const ownerOf = async (item: Item): Promise<ProfileKey | undefined> => {
      const sk = String(item.sk);
      const at = await home(sk);
      const present = addressesOf(at.profile?.addresses ?? {}, ref.channel);
      const isOwner = present.some((one) => addressKey(one) === pk);
      // A writer that has not stored its profile yet has a later `pv`.
      if ((!isOwner || at.key !== sk) && at.settled)
        await removeLookUp(rows, { pk, sk }, at.key === sk ? (at.profile?.pv ?? 0) : Number(item.pv ?? 0));
      return isOwner ? at.key : undefined;
    };
    const keys = await mapWithConcurrency(CONCURRENCY, items, ownerOf);
    return {
      keys: [...new Set(keys.filter((key) => key !== undefined))],
      next: next === undefined ? undefined : String(next.sk),
    };
  },
});

interface LookUp {
  pk: string;
  sk: ProfileKey;
}

export async function putLookUp(rows: Table, key: LookUp, pv: number): Promise<void> {
  await isConditionMet(rows.update(key, { set: { pv }, when: expression`attribute_not_exists(#pv) OR #pv < ${pv}` }));
}

export async function removeLookUp(rows: Table, key: LookUp, pv: number): Promise<void> {
  await isConditionMet(rows.delete(key, expression`attribute_not_exists(#pv) OR #pv <= ${pv}`));
}
