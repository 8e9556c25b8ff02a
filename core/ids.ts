import { hash } from 'node:crypto';

declare const brand: unique symbol;
/** A string of one kind: it accepts plain literals, but not an id of another kind. */
type Id<Kind extends string> = string & { readonly [brand]?: Kind };

/** 26 characters of base32(sha256(`user:<id>` or `anon:<id>`)). Keys, SQS groups, logs and execution inputs carry only this. */
export type ProfileKey = Id<'profile'>;
/** Identifies one entry of one profile into one journey: 26 characters. Execution names and message ids derive from it. */
export type EntryId = Id<'entry'>;
/**
 * 26 characters; one for each run, node and visit, or campaign occurrence and recipient. It begins with its profile's bucket and the instant of the
 * request, so that a profile's messages lie together, in order.
 */
export type MessageId = Id<'message'>;
/** Ids that people define: `[a-z0-9][a-z0-9-]{0,62}`. */
export type DefinitionId = Id<'definition'>;
/** Milliseconds since 1970-01-01T00:00Z. */
export type EpochMs = number;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32 in lower case without padding. */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      out += ALPHABET[(buffer >>> (bits - 5)) & 31];
      bits -= 5;
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? out + ALPHABET[(buffer << (5 - bits)) & 31] : out;
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** SHA-256 of the parts; parts are length-prefixed, so no two lists collide by joining. */
export const hashOf = (...parts: (string | number)[]): Buffer =>
  sha256(parts.map((part) => `${String(part).length}:${part}`).join(''));

/** 26 base32 characters (130 bits) of the hash of the parts. */
export const hashId = (...parts: (string | number)[]): string => base32(hashOf(...parts)).slice(0, 26);

export const profileKeyOfUser = (userId: string): ProfileKey => hashId('user', userId);
export const profileKeyOfAnonymous = (anonymousId: string): ProfileKey => hashId('anon', anonymousId);

/** 8 base64url characters (48 bits): the short message-id hash of `#ACTIVITY.ids`. */
export const shortHash = (messageId: string): string => sha256(messageId).subarray(0, 6).toString('base64url');

/** Returns the id of an entry. The entry event's own id fixes the instant at which the run entered. */
export const entryIdOf = (journey: string, key: string, profile: ProfileKey, eventId: string): EntryId =>
  hashId('entry', journey, key, profile, eventId);

/** Characters of a message id that are its profile's bucket, and of the instant after them: 45 bits of milliseconds. */
const BUCKET = 8;
const INSTANT = 9;
const MAX_INSTANT = 2 ** (5 * INSTANT) - 1;
/** The alphabet's characters in the order in which they sort. */
const DIGITS = [...ALPHABET].toSorted().join('');

/** Returns the beginning of the ids of a profile's messages. Profiles seldom share one. */
export const messageBucketOf = (profile: ProfileKey): string => hashId('messages', profile).slice(0, BUCKET);

/** The bucket of a message, as its id names it. */
export const bucketOf = (id: MessageId): string => id.slice(0, BUCKET);

/** An instant in characters that sort as instants do. */
export function instantText(at: EpochMs): string {
  let left = Math.min(MAX_INSTANT, Math.max(0, Math.trunc(at)));
  let text = '';
  for (let place = 0; place < INSTANT; place += 1) {
    text = `${DIGITS[left % 32]}${text}`;
    left = Math.floor(left / 32);
  }
  return text;
}

/** The instant that a message's id names. */
export const requestedAtOf = (id: MessageId): EpochMs =>
  [...id.slice(BUCKET, BUCKET + INSTANT)].reduce((sum, digit) => sum * 32 + DIGITS.indexOf(digit), 0);

/** Id of a message to this profile, asked for at this instant; `parts` tell it from all others of the instant. */
const messageIdAt = (profile: ProfileKey, at: EpochMs, ...parts: (string | number)[]): MessageId =>
  `${messageBucketOf(profile)}${instantText(at)}${hashId('message', ...parts).slice(0, 26 - BUCKET - INSTANT)}`;

/** Message id of the `visit`-th (from 1) visit of a run to a `send` node, at this instant. Whoever needs it later finds it in the run's visits. */
export const messageIdOf = (
  { entry, profile }: { entry: EntryId; profile: ProfileKey },
  at: EpochMs,
  node: string,
  visit: number,
): MessageId => messageIdAt(profile, at, entry, node, visit);

/** Message id of a recipient of a campaign's occurrence: the same at every repeat, so that no cursor can double or skip anybody. */
export const messageIdOfRecipient = (
  { campaign, occurrence, at }: { campaign: string; occurrence: string; at: EpochMs },
  profile: ProfileKey,
): MessageId => messageIdAt(profile, at, 'campaign', campaign, occurrence, profile);

/** Message id of an API call: the same at every repeat of the call, also after the profile was merged, as long as it is asked for by the same id. */
export const messageIdOfCall = (profile: ProfileKey, at: EpochMs, intent: string): MessageId =>
  messageIdAt(profile, at, 'api', intent);

/** Execution names: unique for each leg of a run, ≤ 80 characters. */
export const executionNameOf = (entry: EntryId, leg: number): string => `${entry}-${leg}`;

/** Shard of a key among `shards`, as two digits: spreads sparse indexes over partitions. */
export function shardOf(key: string, shards: number): string {
  return String(sha256(key).readUInt32BE(0) % shards).padStart(2, '0');
}
