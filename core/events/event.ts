import * as z from 'zod';
import { shortHash } from '../ids.ts';

/**
 * One event of one profile after normalisation (`docs/ingestion.md`): what `ingest` queues, the timeline stores and `process-events` folds.
 * `page` and `screen` have become `Page Viewed` and `Screen Viewed`; `track` keeps its own name.
 */
export const CairnEventSchema = z.object({
  /** The client's messageId, or one that `ingest` assigned. */
  id: z.string(),
  type: z.enum(['track', 'identify', 'group', 'alias']),
  /** Present for `track` (and page, screen). */
  name: z.string().optional(),
  /** Epoch ms, corrected by `sentAt`, never later than the arrival. */
  at: z.number(),
  /**
   * The earlier of `sentAt` and `timestamp`, by the client's own clock, if the client sent `sentAt`. Epoch ms. 0 if it sent a messageId and neither:
   * the event may be a repeat of any age.
   */
  sentAt: z.number().optional(),
  /** Arrival at `ingest`, epoch ms; second in the order of events. */
  receivedAt: z.number(),
  /** Orders events that arrived in the same millisecond: it grows with arrival and starts anywhere. Third in the order of events. */
  sequence: z.number().optional(),
  /** Position in its request; last in the order of events. */
  index: z.number(),
  properties: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  /** Traits of `identify`; `null` removes a trait. */
  traits: z.record(z.string(), z.unknown()).optional(),
  /** The profile to merge in: of `identify` with an anonymousId beside the userId, and of `alias`. */
  from: z.object({ kind: z.enum(['user', 'anonymous', 'either']), id: z.string() }).optional(),
  /** Only of `group`. */
  groupId: z.string().optional(),
  /** Kind of the write key. `client` keys may not send reserved events; kept for the ledger. */
  key: z.enum(['client', 'server', 'cairn']),
});
export type CairnEvent = z.infer<typeof CairnEventSchema>;

/** Order of events: timestamp, arrival, index. */
export const compareEvents = (a: CairnEvent, b: CairnEvent): number =>
  a.at - b.at || a.receivedAt - b.receivedAt || (a.sequence ?? 0) - (b.sequence ?? 0) || a.index - b.index;

/** Returns a text that sorts like the events of one timestamp and is unique: the message id decides last. */
export const rankOf = ({ receivedAt, sequence = 0, index, id }: CairnEvent): string =>
  `${digits(receivedAt, 9)}${digits(sequence, 10)}${digits(index, 3)}${shortHash(id)}`;

const digits = (value: number, width: number): string => value.toString(36).padStart(width, '0');

/** Message group of all aliases: they are processed one at a time, so that no two of them form a cycle. */
export const ALIAS_GROUP = 'alias';

/**
 * Body of a message on `events.fifo`: events of ONE profile in order. MessageGroupId = `profile`. An alias first goes to the group of the old id
 * (`then`: from there to "alias"), so that earlier events of the old id are processed before it.
 */
export const EventsMessageSchema = z.object({
  profile: z.string(),
  /** The namespaced id behind `profile`, stored on its `#PROFILE` at the first event. Absent in Cairn's own events about an existing profile. */
  identity: z.object({ kind: z.enum(['user', 'anonymous']), id: z.string() }).optional(),
  events: z.array(CairnEventSchema),
  then: z.literal(ALIAS_GROUP).optional(),
  /** A merged profile: its merge, and all merges between it and the survivor, are completed before these events count. */
  after: z.string().optional(),
});
export type EventsMessage = z.infer<typeof EventsMessageSchema>;
