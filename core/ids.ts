import { hash } from 'node:crypto';

declare const brand: unique symbol;
/** A string of one kind: it accepts plain literals, but not an id of another kind. */
type Id<Kind extends string> = string & { readonly [brand]?: Kind };

/** 26 characters of base32(sha256(`user:<id>` or `anon:<id>`)). Keys, SQS groups, logs and execution inputs carry only this. */
export type ProfileKey = Id<'profile'>;
/** Identifies one entry of one profile into one journey: 26 characters. Execution names and message ids derive from it. */
export type EntryId = Id<'entry'>;
/** 26 characters; one for each run, node and visit, or campaign occurrence and recipient. */
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

/** 26 base32 characters (130 bits) of the SHA-256 of the parts; parts are length-prefixed, so no two lists collide by joining. */
export function hashId(...parts: (string | number)[]): string {
  const text = parts.map((part) => `${String(part).length}:${part}`).join('');
  return base32(sha256(text)).slice(0, 26);
}

export const profileKeyOfUser = (userId: string): ProfileKey => hashId('user', userId);
export const profileKeyOfAnonymous = (anonymousId: string): ProfileKey => hashId('anon', anonymousId);

/** 8 base64url characters (48 bits): the short message-id hash of `#ACTIVITY.ids`. */
export const shortHash = (messageId: string): string => sha256(messageId).subarray(0, 6).toString('base64url');

/** Returns the id of an entry. The entry event's own id fixes the instant at which the run entered. */
export const entryIdOf = (journey: string, key: string, profile: ProfileKey, eventId: string): EntryId =>
  hashId('entry', journey, key, profile, eventId);

/** Message id of the `visit`-th (from 1) visit of a run to a `send` node. */
export const messageIdOf = (entry: EntryId, node: string, visit: number): MessageId =>
  hashId('message', entry, node, visit);

/** Execution names: unique for each leg of a run, ≤ 80 characters. */
export const executionNameOf = (entry: EntryId, leg: number): string => `${entry}-${leg}`;

/** Shard of a key among `shards`, as two digits: spreads sparse indexes over partitions. */
export function shardOf(key: string, shards: number): string {
  return String(sha256(key).readUInt32BE(0) % shards).padStart(2, '0');
}
