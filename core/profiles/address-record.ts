import { type Addresses, addressesOn, CHANNELS, type Channel, kindOf } from '../channels/registry.ts';
import { type EpochMs, hashId, type ProfileKey } from '../ids.ts';
import type { Consents } from './profile.ts';

/** Data of an address itself. It applies to every profile that has the address now or gets it later. */
export interface AddressRecord {
  channel: Channel;
  /** The normalised address. */
  value: string;
  status?: 'bad' | 'suppressed';
  statusAt?: EpochMs;
  reason?: string;
  /** The latest STOP or START from the address, or a later yes of a customer who has it. */
  answer?: { granted: boolean; at: EpochMs };
  /** Where the address belongs to one profile: the one that registered it last. */
  owner?: ProfileKey;
}

/** Records of addresses by `addressId`. An address without one has never been refused. */
export type AddressRecords = ReadonlyMap<string, AddressRecord>;

/** One address of a customer. */
export interface AddressRef {
  channel: Channel;
  value: string;
}

/** Keys of DynamoDB have at most 2,048 bytes; push tokens are longer than any address that people write. */
const LONGEST_KEY = 320;

/** An address as it is compared. */
export const normalAddress = (channel: Channel, value: string): string => kindOf(channel).address.normalise(value);

/** Key of an address's record. */
export function addressId({ channel, value }: AddressRef): string {
  const normal = normalAddress(channel, value);
  const isShort = kindOf(channel).address.isSearchable && Buffer.byteLength(normal) <= LONGEST_KEY;
  return `${channel}#${isShort ? normal : hashId('address', normal)}`;
}

/** Identifies an address without showing it. Not secret: anyone with the hash can try every number. */
export const addressHash = (ref: AddressRef): string => hashId('address', addressId(ref));

/** All addresses of a customer, or those of one channel. */
export const addressesOf = (addresses: Addresses, channel?: Channel): AddressRef[] =>
  (channel === undefined ? CHANNELS : [channel]).flatMap((one) =>
    addressesOn(addresses, one).map(({ value }) => ({ channel: one, value })),
  );

/** Addresses of the customer that STOP may have come from. */
export const answeringAddresses = (addresses: Addresses): AddressRef[] =>
  addressesOf(addresses).filter(({ channel }) => kindOf(channel).address.acceptsStopReplies);

/** Consents with the no that lies on the customer's addresses. */
export function boundConsents(consents: Consents, addresses: Addresses | undefined, records: AddressRecords): Consents {
  let bound = consents;
  for (const ref of answeringAddresses(addresses ?? {})) {
    const answer = records.get(addressId(ref))?.answer;
    if (answer === undefined || answer.granted || consents[ref.channel]?.granted === false) continue;
    bound = { ...bound, [ref.channel]: { granted: false, at: answer.at, source: 'stop' } };
  }
  return bound;
}
