import { type EpochMs, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../ids.ts';
import { isDeeper, MAX_LEVELS } from '../json.ts';
import { MAX_CLIENT_MERGES, MAX_ITEMS, MAX_ITEMS_BYTES } from '../limits.ts';
import { CALLS, type Call } from './calls.ts';
import { idFault, idOf } from './client-id.ts';
import { ALIAS_GROUP, type CairnEvent, type EventsMessage } from './event.ts';
import { eventInstant, instant, isGiven } from './instants.ts';
import {
  asObject,
  type Fault,
  fault,
  type ItemBytes,
  isObject,
  type Json,
  jsonFault,
  shapeFault,
  traitsOf,
} from './item-faults.ts';
import { FROM_APPS, INTERNAL_PREFIX, RESERVED } from './system-events.ts';

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
  /** Message group: the profile. For an alias it is the old id, so that earlier events of that id come first. */
  group: string;
  /** Only for an alias: the group to which it is forwarded from there. */
  then?: typeof ALIAS_GROUP;
}

export interface Arrival {
  receivedAt: EpochMs;
  /** Grows from request to request, even within a millisecond. */
  sequence: number;
  key: 'client' | 'server';
  /** Creates an id for an item without one. */
  newId: () => string;
}

/** Thrown if the body as a whole cannot be used, rather than a single item. */
export class UnreadableBodyError extends Error {
  override readonly name = 'UnreadableBodyError';
}

/** Thrown if the items of a request, each with the batch's context, are too large to be processed together. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/**
 * Normalises one call (`call` from the path) or a batch (`call` undefined). Returns a verdict on every item.
 * @throws UnreadableBodyError, TooLargeError
 */
export function normalise(
  body: unknown,
  call: Call | undefined,
  arrival: Arrival,
): { accepted: Accepted[]; rejected: Rejection[] } {
  if (!isObject(body)) throw new UnreadableBodyError('the body must be a JSON object');
  if (call !== undefined) return collect([body], { ...arrival, call });
  if (!Array.isArray(body.batch)) throw new UnreadableBodyError('batch must be a list');
  if (body.batch.length > MAX_ITEMS) throw new UnreadableBodyError(`batch holds more than ${MAX_ITEMS} items`);
  return collect(body.batch, { ...arrival, batch: body });
}

/** Adds a batch's `context` and `sentAt` to an item, which takes precedence. */
function withBatchContext(batch: Json, item: unknown): unknown {
  if (!isObject(item)) return item;
  const context =
    isObject(batch.context) || isObject(item.context)
      ? { context: { ...asObject(batch.context), ...asObject(item.context) } }
      : {};
  const sentAt = isGiven(item.sentAt) ? item.sentAt : batch.sentAt;
  return { ...item, ...context, ...(sentAt === undefined ? {} : { sentAt }) };
}

/** An item with the batch's context, and its size as JSON without and with it. */
interface MeasuredItem {
  item: unknown;
  index: number;
  bytes: ItemBytes;
}

/** One call, or the batch that contains the items. */
type Options = Arrival & { call?: Call; batch?: Json };

function collect(items: unknown[], options: Options): { accepted: Accepted[]; rejected: Rejection[] } {
  const accepted: Accepted[] = [];
  const rejected: Rejection[] = [];
  const merged = new Map<ProfileKey, Set<string>>();
  for (const sent of measureItems(items, options.batch)) {
    const item = readItem(sent, options);
    const read = 'path' in item ? item : (mergesFault(item, options.key, merged) ?? item);
    const { index } = sent;
    const at = options.call === undefined ? `/batch/${index}` : '';
    if ('path' in read) rejected.push({ index, path: `${at}${read.path}`, message: read.message });
    else accepted.push({ index, ...read });
  }
  return { accepted, rejected };
}

/** Merges into one user that a client key asks for in a request. Pairs that are already in `merged` cost nothing. */
function mergesFault(
  { profile, event }: Omit<Accepted, 'index'>,
  key: Arrival['key'],
  merged: Map<ProfileKey, Set<string>>,
): Fault | undefined {
  if (key !== 'client' || event.from === undefined) return undefined;
  const ids = merged.get(profile) ?? new Set();
  if (!ids.has(event.from.id) && ids.size >= MAX_CLIENT_MERGES)
    return fault(
      event.type === 'alias' ? '/previousId' : '/anonymousId',
      `one user takes over at most ${MAX_CLIENT_MERGES} anonymous profiles in a request of a client key`,
    );
  merged.set(profile, ids.add(event.from.id));
  return undefined;
}

/** A context of 24 KB may be copied into each of 2,400 items: so the sum is limited, and counting stops there. */
function* measureItems(items: unknown[], batch: Json | undefined): Generator<MeasuredItem> {
  let sum = 0;
  for (const [index, sent] of items.entries()) {
    const item = batch === undefined ? sent : withBatchContext(batch, sent);
    const withContext = bytesOf(item);
    sum += withContext;
    if (sum > MAX_ITEMS_BYTES) throw new TooLargeError('The items of a request, each with its context, may have 4 MB.');
    yield { item, index, bytes: { alone: item === sent ? withContext : bytesOf(sent), withContext } };
  }
}

/** Size as JSON. An item that is too deep for `JSON.stringify` is rejected for its depth. */
const bytesOf = (item: unknown): number =>
  isDeeper(item, MAX_LEVELS + 1) ? 0 : Buffer.byteLength(JSON.stringify(item) ?? '');

function readItem({ item, index, bytes }: MeasuredItem, options: Options): Omit<Accepted, 'index'> | Fault {
  if (!isObject(item)) return fault('', 'must be an object');
  const unreadable = jsonFault(item, bytes);
  if (unreadable !== undefined) return unreadable;
  const call = options.call ?? CALLS.find((name) => name === item.type);
  if (call === undefined) return fault('/type', `must be one of ${CALLS.join(', ')}`);
  return shapeFault(item, call) ?? reservedFault(item, call, options.key) ?? eventOfItem(item, call, index, options);
}

function reservedFault(item: Json, call: Call, key: 'client' | 'server'): Fault | undefined {
  if (call !== 'track') return undefined;
  const name = String(item.event);
  if (name.startsWith(INTERNAL_PREFIX)) return fault('/event', 'names that begin with @ are reserved');
  if (key === 'client' && RESERVED.has(name) && !FROM_APPS.has(name)) return fault('/event', `${name} is reserved`);
  if (!FROM_APPS.has(name)) return undefined;
  const { messageId } = asObject(item.properties);
  const message = typeof messageId === 'string' && idOf(messageId) !== undefined ? idFault(messageId) : 'is missing';
  return message === undefined ? undefined : fault('/properties/messageId', message);
}

/** RudderStack's SDKs send `originalTimestamp` alone. */
const timestampOf = (item: Json): EpochMs | undefined => instant(item.timestamp) ?? instant(item.originalTimestamp);

/** Returns the instant by the client's clock. `at` differs when a client repeats a request; this instant does not. */
function clientInstant(item: Json): Pick<CairnEvent, 'sentAt'> {
  const [timestamp, sentAt] = [timestampOf(item), instant(item.sentAt)];
  if (sentAt !== undefined) return { sentAt: Math.min(sentAt, timestamp ?? sentAt) };
  return timestamp === undefined && idOf(item.messageId) !== undefined ? { sentAt: 0 } : {};
}

/** Converts the item to an event of a profile. Only `identify` and `alias` name another profile to merge. */
function eventOfItem(
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
    ...mergedProfileOf(call, key, { userId, anonymousId, previousId: idOf(item.previousId) }),
  };
  if (event.from?.kind !== 'either') return { profile, identity, event, group: profile };
  return { profile, identity, event, group: profileKeyOfUser(event.from.id), then: ALIAS_GROUP };
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
      return { type: 'identify', traits: traitsOf(item) };
    case 'group':
      return { type: 'group', groupId: idOf(item.groupId), properties: asObject(item.traits) };
    case 'alias':
      return { type: 'alias' };
  }
}

/**
 * The other side of a merge. A client key merges anonymous profiles only, by `alias` as by `identify`: anybody can read that key, and would take over
 * a user's messages, tags and consents. Such a merge needs nobody's turn but the survivor's.
 */
function mergedProfileOf(
  call: Call,
  key: Arrival['key'],
  { userId, anonymousId, previousId }: Partial<Record<'userId' | 'anonymousId' | 'previousId', string | undefined>>,
): Pick<CairnEvent, 'from'> {
  if (call === 'alias' && previousId !== undefined)
    return { from: { kind: key === 'client' ? 'anonymous' : 'either', id: previousId } };
  if (call === 'identify' && userId !== undefined && anonymousId !== undefined)
    return { from: { kind: 'anonymous', id: anonymousId } };
  return {};
}
