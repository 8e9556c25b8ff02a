import { type EpochMs, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../ids.ts';
import { isDeeper, MOST_LEVELS } from '../json.ts';
import { parseInstant } from '../time/instant.ts';
import { CALLS, type Call } from './calls.ts';
import { ALIAS_GROUP, type CairnEvent, type EventsMessage } from './event.ts';

/** An item's JSON may be so long (Segment's own limit). */
const MOST_ITEM_BYTES = 32 * 1024;
const MOST_ITEMS = 2_500;
const MOST_ID = 255;

/** Names that only Cairn gives to events; `client` keys may send the first two of their own messages. */
export const RESERVED: ReadonlySet<string> = new Set([
  'Message Opened',
  'Message Clicked',
  'Message Sent',
  'Message Delivered',
  'Message Bounced',
  'Message Complained',
  'Message Failed',
  'Unsubscribed',
  'Task Completed',
  'Webhook Answered',
]);
const FROM_APPS = new Set(['Message Opened', 'Message Clicked']);

export interface Rejection {
  index: number;
  /** JSON pointer into the whole body. */
  path: string;
  message: string;
}

/** One event that is to be queued, with its place in the request. */
export interface Accepted {
  index: number;
  profile: ProfileKey;
  identity: NonNullable<EventsMessage['identity']>;
  event: CairnEvent;
  /** Message group: the profile; for an alias the old id, whose own events go before it. */
  lane: string;
  /** For an alias: the group that it goes to from there. */
  then?: typeof ALIAS_GROUP;
}

export interface Arrival {
  receivedAt: EpochMs;
  /** Grows from request to request, within a millisecond too. */
  sequence: number;
  key: 'client' | 'server';
  /** Makes an id for an item that has none. */
  newId: () => string;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Not an item's fault: the body as a whole is of no use. */
export class UnreadableBodyError extends Error {
  override readonly name = 'UnreadableBodyError';
}

/** One call (`call` from the path), or a batch (`call` undefined). Every item gets its verdict. */
export function normalise(
  body: unknown,
  call: Call | undefined,
  arrival: Arrival,
): { accepted: Accepted[]; rejected: Rejection[] } {
  if (!isObject(body)) throw new UnreadableBodyError('the body must be a JSON object');
  if (call !== undefined) return collect([{ item: body, at: '' }], { ...arrival, call });
  if (!Array.isArray(body.batch)) throw new UnreadableBodyError('batch must be a list');
  if (body.batch.length > MOST_ITEMS) throw new UnreadableBodyError(`batch holds more than ${MOST_ITEMS} items`);
  const items = body.batch.map((item, index) => ({ item: under(body, item), at: `/batch/${index}` }));
  return collect(items, arrival);
}

/** A batch's `context` and `sentAt` lie under each item's. */
function under(batch: Json, item: unknown): unknown {
  if (!isObject(item)) return item;
  const context =
    isObject(batch.context) || isObject(item.context)
      ? { context: { ...asObject(batch.context), ...asObject(item.context) } }
      : {};
  const sentAt = isGiven(item.sentAt) ? item.sentAt : batch.sentAt;
  return { ...item, ...context, ...(sentAt === undefined ? {} : { sentAt }) };
}

/** Some clients send an empty text for an instant that they do not know. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

const asObject = (value: unknown): Json => (isObject(value) ? value : {});

function collect(
  items: { item: unknown; at: string }[],
  options: Arrival & { call?: Call },
): { accepted: Accepted[]; rejected: Rejection[] } {
  const accepted: Accepted[] = [];
  const rejected: Rejection[] = [];
  for (const [index, { item, at }] of items.entries()) {
    const read = readItem(item, index, options);
    if ('path' in read) rejected.push({ index, path: `${at}${read.path}`, message: read.message });
    else accepted.push({ index, ...read });
  }
  return { accepted, rejected };
}

type Fault = { path: string; message: string };
const fault = (path: string, message: string): Fault => ({ path, message });

function readItem(item: unknown, index: number, options: Arrival & { call?: Call }): Omit<Accepted, 'index'> | Fault {
  if (!isObject(item)) return fault('', 'must be an object');
  if (isDeeper(item, MOST_LEVELS)) return fault('', `is nested more than ${MOST_LEVELS} levels deep`);
  if (Buffer.byteLength(JSON.stringify(item)) > MOST_ITEM_BYTES) return fault('', 'is over 32 KB');
  const call = options.call ?? CALLS.find((name) => name === item.type);
  if (call === undefined) return fault('/type', `must be one of ${CALLS.join(', ')}`);
  return shapeFault(item, call) ?? nameFault(item, call, options.key) ?? addressed(item, call, index, options);
}

/** Fields of the wrong type, in the order in which they would be looked at. */
function shapeFault(item: Json, call: Call): Fault | undefined {
  for (const name of ['userId', 'anonymousId', 'previousId', 'groupId', 'messageId'] as const) {
    const value = item[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number') return fault(`/${name}`, 'must be a string');
    if (String(value) === '' && (name === 'previousId' || name === 'groupId'))
      return fault(`/${name}`, 'must not be empty');
    if (String(value).length > MOST_ID) return fault(`/${name}`, `must be at most ${MOST_ID} characters`);
  }
  for (const name of ['properties', 'traits', 'context'] as const) {
    if (item[name] !== undefined && item[name] !== null && !isObject(item[name]))
      return fault(`/${name}`, 'must be an object');
  }
  for (const name of ['timestamp', 'originalTimestamp', 'sentAt'] as const) {
    if (isGiven(item[name]) && instant(item[name]) === undefined)
      return fault(`/${name}`, 'must be an ISO 8601 instant');
  }
  if (call === 'track' && (typeof item.event !== 'string' || item.event === ''))
    return fault('/event', 'must be the name of the event');
  if (call === 'track' && String(item.event).length > MOST_ID)
    return fault('/event', `must be at most ${MOST_ID} characters`);
  if (call === 'group' && idOf(item.groupId) === undefined) return fault('/groupId', 'is missing');
  if (call === 'alias' && idOf(item.previousId) === undefined) return fault('/previousId', 'is missing');
  if (call === 'alias' && idOf(item.userId) === undefined) return fault('/userId', 'is missing');
  if (idOf(item.userId) === undefined && idOf(item.anonymousId) === undefined)
    return fault('/userId', 'userId or anonymousId is missing');
  return undefined;
}

function nameFault(item: Json, call: Call, key: 'client' | 'server'): Fault | undefined {
  if (call !== 'track') return undefined;
  const name = String(item.event);
  if (name.startsWith('@')) return fault('/event', 'names that begin with @ are reserved');
  if (key === 'client' && RESERVED.has(name) && !FROM_APPS.has(name)) return fault('/event', `${name} is reserved`);
  if (FROM_APPS.has(name) && typeof asObject(item.properties).messageId !== 'string')
    return fault('/properties/messageId', 'is missing');
  return undefined;
}

const idOf = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);

/** ISO 8601; an instant without an offset is UTC, as Segment reads it. */
function instant(value: unknown): EpochMs | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  return (
    parseInstant(value) ??
    parseInstant(`${value}Z`) ??
    (/^\d{4}-\d{2}-\d{2}$/.test(value) ? parseInstant(`${value}T00:00:00Z`) : undefined)
  );
}

/** RudderStack's SDKs send `originalTimestamp` alone. */
const timestampOf = (item: Json): EpochMs | undefined => instant(item.timestamp) ?? instant(item.originalTimestamp);

/** Absent → arrival; with `sentAt`, the client's clock is corrected; never later than the arrival. */
export function eventInstant(
  timestamp: EpochMs | undefined,
  sentAt: EpochMs | undefined,
  receivedAt: EpochMs,
): EpochMs {
  if (timestamp === undefined) return receivedAt;
  const corrected = sentAt === undefined ? timestamp : receivedAt - (sentAt - timestamp);
  return Math.max(0, Math.min(corrected, receivedAt));
}

/** By the client's own clock: a repeat of the very same request looks new by `at`, but not by this. */
function clientInstant(item: Json): Pick<CairnEvent, 'sentAt'> {
  const [timestamp, sentAt] = [timestampOf(item), instant(item.sentAt)];
  if (sentAt !== undefined) return { sentAt: Math.min(sentAt, timestamp ?? sentAt) };
  return timestamp === undefined && idOf(item.messageId) !== undefined ? { sentAt: 0 } : {};
}

/** The item as an event of a profile. Only `identify` and `alias` name another side to be merged in. */
function addressed(
  item: Json,
  call: Call,
  index: number,
  { receivedAt, sequence, key, newId }: Arrival,
): Omit<Accepted, 'index'> {
  const userId = idOf(item.userId);
  const anonymousId = idOf(item.anonymousId);
  const identity =
    userId === undefined
      ? ({ kind: 'anonymous', id: anonymousId ?? '' } as const)
      : ({ kind: 'user', id: userId } as const);
  const profile = identity.kind === 'user' ? profileKeyOfUser(identity.id) : profileKeyOfAnonymous(identity.id);
  const event: CairnEvent = {
    id: idOf(item.messageId) ?? newId(),
    at: eventInstant(timestampOf(item), instant(item.sentAt), receivedAt),
    ...clientInstant(item),
    receivedAt,
    sequence,
    index,
    key,
    ...contextOf(item),
    ...contentOf(item, call),
    ...fromOf(call, userId, anonymousId, idOf(item.previousId)),
  };
  if (event.from?.kind !== 'either') return { profile, identity, event, lane: profile };
  return { profile, identity, event, lane: profileKeyOfUser(event.from.id), then: ALIAS_GROUP };
}

const contextOf = (item: Json): Pick<CairnEvent, 'context'> =>
  isObject(item.context) ? { context: item.context } : {};

function contentOf(item: Json, call: Call): Pick<CairnEvent, 'type' | 'name' | 'properties' | 'traits' | 'groupId'> {
  const properties = asObject(item.properties);
  const named = {
    ...(typeof item.name === 'string' ? { name: item.name } : {}),
    ...(typeof item.category === 'string' ? { category: item.category } : {}),
    ...properties,
  };
  switch (call) {
    case 'track':
      return { type: 'track', name: String(item.event), properties };
    case 'page':
      return { type: 'track', name: 'Page Viewed', properties: named };
    case 'screen':
      return { type: 'track', name: 'Screen Viewed', properties: named };
    case 'identify':
      return { type: 'identify', traits: asObject(item.traits ?? asObject(item.context).traits) };
    case 'group':
      return { type: 'group', groupId: String(item.groupId), properties: asObject(item.traits) };
    case 'alias':
      return { type: 'alias' };
  }
}

function fromOf(
  call: Call,
  userId: string | undefined,
  anonymousId: string | undefined,
  previousId: string | undefined,
): Pick<CairnEvent, 'from'> {
  if (call === 'alias' && previousId !== undefined) return { from: { kind: 'either', id: previousId } };
  if (call === 'identify' && userId !== undefined && anonymousId !== undefined)
    return { from: { kind: 'anonymous', id: anonymousId } };
  return {};
}

/** SQS takes 256 KiB a message; the rest is room for its envelope. */
const MOST_MESSAGE_BYTES = 240 * 1024;

/** Accepted events as messages for the queue: one profile and lane each, in order, none too large. */
export function messagesOf(accepted: readonly Accepted[]): { lane: string; body: EventsMessage }[] {
  const messages: { lane: string; body: EventsMessage; bytes: number }[] = [];
  const open = new Map<string, { body: EventsMessage; bytes: number }>();
  for (const { lane, then, profile, identity, event } of accepted) {
    const bytes = Buffer.byteLength(JSON.stringify(event)) + 1;
    const slot = `${lane}|${profile}|${then ?? ''}`;
    const current = open.get(slot);
    if (current !== undefined && current.bytes + bytes <= MOST_MESSAGE_BYTES) {
      current.body.events.push(event);
      current.bytes += bytes;
      continue;
    }
    const message = {
      lane,
      body: { profile, identity, events: [event], ...(then ? { then } : {}) },
      bytes: bytes + 512,
    };
    messages.push(message);
    open.set(slot, message);
  }
  return messages.map(({ lane, body }) => ({ lane, body }));
}
