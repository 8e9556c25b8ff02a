import type { Channel } from '../channels.ts';
import { type EpochMs, hashId, type ProfileKey } from '../ids.ts';
import type { Addresses, Consents } from './profile.ts';

/** Data of an address itself. It applies to every profile that has the address now or gets it later. */
export interface AddressRecord {
  channel: Channel;
  /** The normalised address. */
  value: string;
  status?: 'bad' | 'suppressed';
  statusAt?: EpochMs;
  reason?: string;
  /** SMS: the latest STOP or START from the number, or a later consent of a customer who has it. */
  answer?: { granted: boolean; at: EpochMs };
  /** Push: the profile that registered the token last. */
  owner?: ProfileKey;
}

/** Records of addresses by `addressId`. An address without one has never been refused. */
export type AddressRecords = ReadonlyMap<string, AddressRecord>;

/** One address of a customer. */
export interface AddressRef {
  channel: Channel;
  value: string;
}

/** Invisible characters: zero-width ones, soft hyphens, direction marks. */
const INVISIBLE = /\p{Cf}/gu;
/** Keys of DynamoDB have at most 2,048 bytes; push tokens are longer than any address that people write. */
const LONGEST_KEY = 320;

/**
 * Returns an address in the form in which it is compared: e-mail in lower case with its domain in ASCII (IDNA), a number in E.164, a push token
 * unchanged.
 */
export function normalAddress(channel: Channel, value: string): string {
  if (channel === 'push') return value.trim();
  const plain = value.normalize('NFC').replaceAll(INVISIBLE, '').replaceAll(/\s+/g, '');
  if (channel === 'sms') return plain;
  const lower = plain.toLowerCase();
  const at = lower.lastIndexOf('@');
  return at < 0 ? lower : `${lower.slice(0, at)}@${asciiDomain(lower.slice(at + 1))}`;
}

/** Only needed for a domain with other characters: ASCII domains differ only in case. */
function asciiDomain(domain: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(domain) || /[/?#:\\]/.test(domain)) return domain;
  return URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : domain;
}

/** Returns the address as mail servers accept it: the local part unchanged, the domain in ASCII. */
export function deliverableEmail(value: string): string {
  const at = value.lastIndexOf('@');
  return at < 0 ? value : `${value.slice(0, at)}@${asciiDomain(value.slice(at + 1))}`;
}

/** Key of an address's record. */
export function addressId({ channel, value }: AddressRef): string {
  const normal = normalAddress(channel, value);
  const isShort = channel !== 'push' && Buffer.byteLength(normal) <= LONGEST_KEY;
  return `${channel}#${isShort ? normal : hashId('address', normal)}`;
}

/** Identifies an address without showing it. Not secret: anyone with the hash can try every number. */
export const addressHash = (ref: AddressRef): string => hashId('address', addressId(ref));

/** All addresses of a customer, or those of one channel. */
export function addressesOf(addresses: Addresses, channel?: Channel): AddressRef[] {
  const { email, sms, push = [] } = addresses;
  const all: AddressRef[] = [
    ...(email ? [{ channel: 'email' as const, value: email.value }] : []),
    ...(sms ? [{ channel: 'sms' as const, value: sms.value }] : []),
    ...push.map(({ value }) => ({ channel: 'push' as const, value })),
  ];
  return channel === undefined ? all : all.filter((one) => one.channel === channel);
}

/** Returns the consents, with the refusal of the customer's number applied. */
export function boundConsents(consents: Consents, addresses: Addresses | undefined, records: AddressRecords): Consents {
  const number = addresses?.sms;
  const answer = number && records.get(addressId({ channel: 'sms', value: number.value }))?.answer;
  if (answer === undefined || answer.granted || consents.sms?.granted === false) return consents;
  return { ...consents, sms: { granted: false, at: answer.at, source: 'stop' } };
}
