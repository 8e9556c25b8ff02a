import type { Channel } from '../channels/registry.ts';
import { isConsentKey } from '../events/consent-key.ts';
import type { CairnEvent } from '../events/event.ts';
import { MAX_CONSENTS } from '../limits.ts';
import type { ConsentEntry, Consents } from './profile.ts';

export interface KeyedConsent {
  key: string;
  entry: ConsentEntry;
  /** A stamp that SDKs put on every call: it may refuse a key, never grant a refused one. */
  stamp?: boolean;
  /**
   * `addressHash` of the number that the person has proved to be theirs; null: none (with a client key, or on the page of an e-mail). A consent lifts
   * the STOP of no other number. Absent: the profile's own number.
   */
  proven?: string | null;
}

const UPDATED = 'Segment Consent Preference Updated';

/** Returns the consent entries of an event, from `context.consent.categoryPreferences`. Keys that are not a channel's are ignored. */
export function consentEntriesOf(event: CairnEvent): KeyedConsent[] {
  const preferences = at(at(event.context, 'consent'), 'categoryPreferences');
  const said = { stamp: event.name !== UPDATED, ...(event.key === 'client' ? { proven: null } : {}) };
  return Object.entries(preferences ?? {}).flatMap(([key, granted]): KeyedConsent[] =>
    typeof granted === 'boolean' && isConsentKey(key)
      ? [{ key, entry: { granted, at: event.at, source: 'sdk' }, ...said }]
      : [],
  );
}

function at(value: unknown, key: string): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const inner: unknown = Reflect.get(value, key);
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : undefined;
}

/** The later entry wins, false on a tie. */
const wins = (entry: ConsentEntry, held: ConsentEntry | undefined): boolean =>
  held === undefined || entry.at > held.at || (entry.at === held.at && !entry.granted && held.granted);

/**
 * Returns the same object if nothing changes. A granting stamp counts only while the key has no other entry, so that any other statement replaces it,
 * even one that arrives late; a refusing stamp refuses what was granted.
 */
export function foldConsents(consents: Consents, entries: readonly KeyedConsent[]): Consents {
  return bounded(folded(consents, entries));
}

/** Returns the keys whose entries were dropped for lack of room. */
export function droppedConsentKeys(consents: Consents, entries: readonly KeyedConsent[]): string[] {
  const all = folded(consents, entries);
  const kept = bounded(all);
  return all === kept ? [] : Object.keys(all).filter((key) => !Object.hasOwn(kept, key));
}

function folded(consents: Consents, entries: readonly KeyedConsent[]): Consents {
  let next = consents;
  for (const { key, entry, stamp } of entries) {
    const held = Object.hasOwn(next, key) ? next[key] : undefined;
    const isGrantingStamp = stamp === true && entry.granted;
    if (isGrantingStamp ? held === undefined : replaces(entry, held, stamp === true))
      next = { ...next, [key]: isGrantingStamp ? { ...bare(entry), stamp } : bare(entry) };
  }
  return next;
}

/** Drops what only the ledger keeps: what was said and by whom. */
const bare = ({ granted, at, source }: ConsentEntry): ConsentEntry => ({ granted, at, source });

/**
 * Keeps at most 200 topics; channels always have room. The oldest grants are dropped first: a topic without an entry follows its channel, so that
 * dropping grants nothing new. If all entries are refusals, the newest have no room.
 */
function bounded(consents: Consents): Consents {
  const topics = Object.entries(consents).filter(([key]) => key.includes(':'));
  if (topics.length <= MAX_CONSENTS) return consents;
  const inOrder = topics.sort(([aKey, a], [bKey, b]) => {
    if (a.granted !== b.granted) return a.granted ? -1 : 1;
    return (a.granted ? a.at - b.at : b.at - a.at) || (aKey < bKey ? -1 : 1);
  });
  const next = { ...consents };
  for (const [key] of inOrder.slice(0, topics.length - MAX_CONSENTS)) delete next[key];
  return next;
}

/** Returns the entries that the ledger records. It does not record a stamp that does not count, since nobody gave it. */
export function ledgerEntriesOf(consents: Consents, entries: readonly KeyedConsent[]): KeyedConsent[] {
  let now = consents;
  return entries.filter((entry) => {
    const before = now;
    now = foldConsents(now, [entry]);
    return entry.stamp !== true || now !== before;
  });
}

/** A refusing stamp on a refused key is not written: SDKs send it with every call. */
function replaces(entry: ConsentEntry, held: ConsentEntry | undefined, isStamp: boolean): boolean {
  if (held?.stamp) return true;
  if (isStamp && held?.granted === false) return false;
  return wins(entry, held);
}

/** Merges the consents of two profiles. A granting stamp on one profile does not undo a refusal on the other. Commutative, idempotent. */
export function mergeConsents(a: Consents, b: Consents): Consents {
  const next = { ...a };
  for (const [key, entry] of Object.entries(b)) if (outlives(entry, next[key])) next[key] = entry;
  return bounded(next);
}

const outlives = (entry: ConsentEntry, held: ConsentEntry | undefined): boolean =>
  held === undefined || entry.stamp === held.stamp ? wins(entry, held) : held.stamp === true;

/** Returns whether the customer has refused marketing on a channel and topic; nothing said is no refusal. */
export function hasRefused(consents: Consents, channel: Channel, topic: string | undefined): boolean {
  const part = topic === undefined ? undefined : consents[`${channel}:${topic}`]?.granted;
  return consents[channel]?.granted === false || part === false;
}

/**
 * Returns whether marketing on a channel and topic is allowed: the channel is not refused, and the topic is granted, or has no entry while the
 * channel is granted.
 */
export function mayMarket(consents: Consents, channel: Channel, topic: string | undefined): boolean {
  const whole = consents[channel]?.granted;
  const part = topic === undefined ? undefined : consents[`${channel}:${topic}`]?.granted;
  return whole !== false && (part ?? whole) === true;
}
