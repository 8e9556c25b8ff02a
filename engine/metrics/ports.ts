import type { EpochMs } from '../../core/ids.ts';
import type { MetricEvent, Sum } from '../../core/metrics/metric-event.ts';

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
