import { DEFAULT_FRESH } from '../journeys/entry.ts';
import { WARNINGS } from '../profiles/warnings.ts';
import { durationMs } from '../time/duration.ts';

/** An event that is older than this when it arrives is late: by default, it starts no run any more. */
export const LATE_MS = durationMs(DEFAULT_FRESH);

/** Counters of events that clients sent. */
const EVENTS = {
  accepted: 'events that were processed, each once',
  duplicate: 'events that had been processed before, by their `messageId`',
  late: 'accepted events that were over 24 hours old when they arrived',
};

/** `rejected:<field>`: items that are not valid, by the first field at fault. */
export const REJECTED = {
  item: 'the item as a whole: no object, too large, too deep, or a number that is too large',
  type: '`type`',
  userId: '`userId`, or both ids are missing',
  anonymousId: '`anonymousId`, or too many merges in one request',
  previousId: '`previousId`, or too many merges in one request',
  groupId: '`groupId`',
  messageId: '`messageId`',
  event: '`event`, or its name is reserved',
  timestamp: '`timestamp` or `originalTimestamp`',
  sentAt: '`sentAt`',
  properties: '`properties`',
  traits: '`traits`',
  context: '`context`',
};
export type RejectedField = keyof typeof REJECTED;

/** `refused:<code>`: requests of which nothing was accepted, by the `code` of the answer. */
export const REFUSED = {
  unauthenticated: '401',
  unreadable: '400',
  'too-large': '413',
  'rate-limited': '429',
};
export type RefusedCode = keyof typeof REFUSED;

/** `dropped:<kind>`: work of an accepted event that was dropped because no retry could succeed, or because the client may not do it. */
export const DROPPED = {
  report: "a client's report of an open or a click of a message that did not go to that profile by push",
  member: 'a tag, segment or list that the profile entered or left',
  redeem: 'a coupon code that was redeemed',
  enter: 'a new run of a journey',
  supersede: 'the end of a run that a merge replaced',
  touch: 'an event that may end or resume a run: the run cannot be changed, or the event is no longer in any timeline',
  migrate: 'a run that was to move to a newer version of its journey',
  follow: 'a run that waits until a date of the customer which has changed',
  trait: 'the oldest traits of two merged profiles, which one item could not hold',
  merge: 'a merge: one item could not hold both profiles, which stay as they are',
};
export type DroppedKind = keyof typeof DROPPED;

const prefixed = (prefix: string, names: Record<string, string>): [string, string][] =>
  Object.entries(names).map(([name, text]) => [`${prefix}:${name}`, text]);

/** Every counter of ingestion with its meaning. */
export const INGESTION_COUNTERS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(EVENTS),
  ...prefixed('rejected', REJECTED),
  ...prefixed('refused', REFUSED),
  ...prefixed('dropped', DROPPED),
  ...Object.entries(WARNINGS),
]);

/** Returns the field of a rejection's path: `/batch/3/context/device/token` → `context`. */
export function rejectedField(path: string): RejectedField {
  const [, field = ''] = path.replace(/^\/batch\/\d+/, '').split('/');
  if (field === 'originalTimestamp') return 'timestamp';
  return Object.hasOwn(REJECTED, field) ? (field as RejectedField) : 'item';
}

/** CloudWatch metrics: the sum of the counters that share a beginning. */
const METRICS: Record<string, string> = {
  accepted: 'EventsAccepted',
  duplicate: 'EventsDuplicate',
  late: 'EventsLate',
  rejected: 'ItemsRejected',
  refused: 'RequestsRefused',
  dropped: 'WorkDropped',
};
export const INGESTION_METRICS: readonly string[] = [...Object.values(METRICS), 'DataNotKept'];

/** Returns the sums of these counters by CloudWatch metric. */
export function metricsOf(counts: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [counter, count] of Object.entries(counts)) {
    const metric = METRICS[counter.split(':')[0] ?? ''] ?? 'DataNotKept';
    sums[metric] = (sums[metric] ?? 0) + count;
  }
  return sums;
}
