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
   * Where the client told `sentAt`: the earlier of it and its `timestamp`, by the client's own clock. Epoch ms; 0 where it gave a
   * messageId and neither: it may be a repeat of any age.
   */
  sentAt: z.number().optional(),
  /** Arrival at `ingest`, epoch ms; second in the order of events. */
  receivedAt: z.number(),
  /** Of two that arrived in the same millisecond: grows with arrival, from no particular number; third in the order of events. */
  sequence: z.number().optional(),
  /** Position in its request; last in the order of events. */
  index: z.number(),
  properties: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  /** Of `identify`: traits with `null` to remove. */
  traits: z.record(z.string(), z.unknown()).optional(),
  /** Of `identify` with an anonymousId beside the userId, and of `alias`: the other side, to be merged in. */
  from: z.object({ kind: z.enum(['user', 'anonymous', 'either']), id: z.string() }).optional(),
  /** Of `group`. */
  groupId: z.string().optional(),
  /** `client` keys may not write reserved events; kept for the ledger. */
  key: z.enum(['client', 'server', 'cairn']),
});
export type CairnEvent = z.infer<typeof CairnEventSchema>;

/** Order of events: timestamp, arrival, index. */
export const inOrder = (a: CairnEvent, b: CairnEvent): number =>
  a.at - b.at || a.receivedAt - b.receivedAt || (a.sequence ?? 0) - (b.sequence ?? 0) || a.index - b.index;

/** Sorts as text like events of one timestamp do, and no two events are alike: the message id tells the last ones apart. */
export const rankOf = ({ receivedAt, sequence = 0, index, id }: CairnEvent): string =>
  `${digits(receivedAt, 9)}${digits(sequence, 10)}${digits(index, 3)}${shortHash(id)}`;

const digits = (value: number, width: number): string => value.toString(36).padStart(width, '0');

/** Message group of all aliases: one at a time, so that no two of them close a circle. */
export const ALIAS_GROUP = 'alias';

/**
 * Body of a message on `events.fifo`: events of ONE profile in order. MessageGroupId = `profile`; an alias goes to the group of the old id
 * first (`then`: from there to "alias"), so that what was sent of the old id before it has been processed.
 */
export const EventsMessageSchema = z.object({
  profile: z.string(),
  /** The namespaced id behind `profile`, stored on its `#PROFILE` at the first event. Absent in what Cairn tells a profile that exists. */
  identity: z.object({ kind: z.enum(['user', 'anonymous']), id: z.string() }).optional(),
  events: z.array(CairnEventSchema),
  then: z.literal(ALIAS_GROUP).optional(),
  /** A merged profile: its merge, and those between it and the survivor, are completed before these events count. */
  after: z.string().optional(),
});
export type EventsMessage = z.infer<typeof EventsMessageSchema>;
