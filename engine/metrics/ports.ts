import type { EpochMs, MessageId } from '../../core/ids.ts';
import type { MetricEvent, Sum } from '../../core/metrics/metric-event.ts';
import type { CountedRow } from '../../core/metrics/recount.ts';
import type { Cursor } from '../ports.ts';

/** Counters by scope and day (UTC). */
export interface Metrics {
  /** Adds to several counters of one scope and day in one write. Returns false if DynamoDB was too busy and has added nothing. */
  add(sum: Sum): Promise<boolean>;
  /** Returns true the first time that this mark is seen. It is kept for 60 days from `now`. */
  first(mark: string, now: EpochMs): Promise<boolean>;
  /** Marks these numbers of a series in one write, for 60 days from `now`. Returns those that were not marked before. */
  firstOf(series: string, numbers: readonly number[], now: EpochMs): Promise<ReadonlySet<number>>;
  /** Returns the counters of a scope by day, days inclusive, at most a year of them. */
  read(scope: string, from: string, to: string): Promise<{ day: string; counts: Record<string, number> }[]>;
}

/**
 * Queue of metric events, which are counted later. They are on their queue before the invocation answers; if they cannot be queued, or the process
 * dies before, they are not counted.
 */
export interface MetricEvents {
  publish(metricEvents: MetricEvent[]): Promise<void>;
}

/** Sums that are added as they are, on the same queue. */
export interface MetricSums {
  addSums(sums: Sum[]): void;
}

/** Number of lists of a day's rows that may be read at the same time. */
export const RECORDED_SHARDS = 16;

/** Rows of messages by the day (UTC) on which something happened to them that counts. */
export interface RecordedMessages {
  /** Returns the ids of all rows of a shard to which something may have happened on that day, each once. Only the last page has less than `limit`. */
  recordedOn(
    day: string,
    shard: number,
    page: { limit: number; cursor?: Cursor | undefined },
  ): Promise<{ ids: MessageId[]; next?: Cursor }>;
  /** Returns what counts of these rows, in no order. What they recorded a moment ago may be missing. */
  counted(ids: readonly MessageId[]): Promise<CountedRow[]>;
}

/** The sums that a recount has found so far, and the counters that it compares. */
export interface Recounts {
  /** Keeps the sums of one page, once: a repeat of the page finds the same. */
  keep(recount: string, page: string, sums: readonly Sum[], now: EpochMs): Promise<void>;
  /** Returns the sums of all pages, many at a time. */
  kept(recount: string, cursor: Cursor | undefined): Promise<{ sums: Sum[]; next?: Cursor }>;
  /** Returns the counters of a scope and day by their whole names, strongly consistent. */
  counters(scope: string, day: string): Promise<Record<string, number>>;
  /** Adds a sum to counters that are still as they were read. Returns false if they are not, and adds nothing. */
  correct(sum: Sum, read: Readonly<Record<string, number>>): Promise<boolean>;
}
