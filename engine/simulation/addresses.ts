import { type AddressRecord, addressId, normalAddress } from '../../core/profiles/address-record.ts';
import type { AddressStore } from '../profiles/ports.ts';

/** Address records of the customer, in memory. */
export function simulatedAddresses(
  stored: readonly AddressRecord[],
): Pick<AddressStore, 'addressRecords' | 'markAddress' | 'recordStopReply'> {
  const records = new Map(stored.map((record) => [addressId(record), record]));
  return {
    addressRecords: async (refs) => new Map(refs.flatMap((ref) => recordAt(records, addressId(ref)))),
    async markAddress(ref, status, at, reason) {
      const { channel } = ref;
      const marked = { channel, value: normalAddress(channel, ref.value), status, statusAt: at, reason };
      records.set(addressId(ref), { ...records.get(addressId(ref)), ...marked });
      return true;
    },
    async recordStopReply(ref, granted, at) {
      records.set(addressId(ref), { ...records.get(addressId(ref)), ...ref, answer: { granted, at } });
    },
  };
}

const recordAt = (records: Map<string, AddressRecord>, id: string): [string, AddressRecord][] => {
  const record = records.get(id);
  return record === undefined ? [] : [[id, record]];
};
