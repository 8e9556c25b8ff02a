import type { Channel } from '../channels/registry.ts';
import { compress, decompress } from '../compression.ts';
import { type EpochMs, type MessageId, shortHash } from '../ids.ts';

/** One message that was counted: caps count the marketing ones, and of a campaign's occurrence each person gets one. */
export interface CountedSend {
  /** When it was last taken for sending. */
  at: EpochMs;
  /** The customer's timezone at that instant. Absent (in simulations): the one that they have now. */
  zone?: string;
  channel: Channel;
  topic?: string;
  /** `journey:<id>` and the like, for the definition's own caps. */
  source?: string;
  /** The node of that journey, for the node's own caps; the occurrence of that campaign. */
  node?: string;
  /** It is transactional: no cap counts it. */
  isUncapped?: true;
  /** The variant of that campaign. */
  variant?: string | undefined;
  /** What was sent, by which version of the journey or campaign: reports say it of conversions. Absent: of before they were kept. */
  template?: string;
  version?: number | undefined;
  /** The provider has refused it for now: until a later try succeeds, it is no message that was sent. */
  isWaiting?: true | undefined;
}

/** Short hash of a message id (48 bits): one profile has at most some hundred of them. */
export type SendKey = string;
/** `#SENDS`: pruned beyond the longest cap. */
export type CountedSends = Record<SendKey, CountedSend>;

export const sendKeyOf = (message: MessageId): SendKey => shortHash(message);

/** All of a counted send but its instant: a profile has few different ones. */
type Origin = [
  Channel,
  zone: string | null,
  topic: string | null,
  source: string | null,
  node: string | null,
  isUncapped?: boolean,
  variant?: string | null,
  template?: string | null,
  version?: number | null,
  isWaiting?: boolean | null,
];
/** The sends by column, oldest first: so they compress best. Most of the bytes are the keys. */
interface PackedSends {
  of: Origin[];
  /** The keys, one after the other. */
  keys: string;
  /** Milliseconds since the send before, in base 36. */
  since: string;
  /** Index of each send's origin. */
  origins: string;
}
const KEY_LENGTH = 8;

/** Returns the sends as the attribute of an item: two a day for a month are less than one write unit. */
export function storedSends(sends: CountedSends): string | Uint8Array {
  const entries = Object.entries(sends).sort(([, a], [, b]) => a.at - b.at);
  const origins = entries.map(([, send]) => JSON.stringify(originOf(send)));
  const of = [...new Set(origins)];
  const packed: PackedSends = {
    of: of.map((origin) => JSON.parse(origin) as Origin),
    keys: entries.map(([key]) => key).join(''),
    since: entries.map(([, { at }], index) => (at - (entries[index - 1]?.[1].at ?? 0)).toString(36)).join(' '),
    origins: origins.map((origin) => of.indexOf(origin).toString(36)).join(' '),
  };
  return compress(packed);
}

const originOf = ({ channel, isUncapped, isWaiting, ...send }: CountedSend): Origin => [
  channel,
  send.zone ?? null,
  send.topic ?? null,
  send.source ?? null,
  send.node ?? null,
  isUncapped === true,
  send.variant ?? null,
  send.template ?? null,
  send.version ?? null,
  isWaiting ?? null,
];

/** Inverse of `storedSends`. */
export function readStoredSends(stored: unknown): CountedSends {
  const read = decompress<PackedSends | Record<MessageId, CountedSend>>(stored);
  if (!isPacked(read)) return Object.fromEntries(Object.entries(read).map(([id, send]) => [sendKeyOf(id), send]));
  const { of, keys, since, origins } = read;
  const sends: CountedSends = {};
  if (keys === '') return sends;
  const indices = origins.split(' ');
  let at = 0;
  for (const [index, passed] of since.split(' ').entries()) {
    at += Number.parseInt(passed, 36);
    const origin = of[Number.parseInt(indices[index] ?? '', 36)] as Origin; // written beside it
    sends[keys.slice(index * KEY_LENGTH, (index + 1) * KEY_LENGTH)] = countedSend(at, origin);
  }
  return sends;
}

/** An item that was last written by an older version holds whole sends by message id. */
const isPacked = (read: PackedSends | Record<MessageId, CountedSend>): read is PackedSends =>
  typeof read.keys === 'string';

/** Origins of before are shorter. */
function countedSend(at: EpochMs, [channel, zone, topic, source, node, isUncapped, ...sent]: Origin): CountedSend {
  const [variant, template, version, isWaiting] = sent;
  const what = { isUncapped: isUncapped || null, variant, template, version, isWaiting: isWaiting || null };
  const all = { at, channel, zone, topic, source, node, ...what };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value != null)) as unknown as CountedSend; // by the same names
}
