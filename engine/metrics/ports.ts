import type { EpochMs } from '../../core/ids.ts';
import type { Cohort } from '../../core/metrics/buckets.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';

/** Counters by scope and day (UTC). */
export interface Metrics {
  /** Adds to several counters of one scope and day in one write. Returns false if DynamoDB was too busy and has added nothing. */
  add(scope: string, day: string, counts: Record<string, number>): Promise<boolean>;
  /** Returns true the first time that this mark is seen. */
  first(mark: string, at: number): Promise<boolean>;
  /** Returns the counters of a scope by day, days inclusive, at most a year of them. */
  read(scope: string, from: string, to: string): Promise<{ day: string; counts: Record<string, number> }[]>;
  /** Returns the receipts of a scope's messages that were sent in (`from`, `to`], rounded out to whole hours. */
  sentBetween(scope: string, from: EpochMs, to: EpochMs): Promise<Cohort>;
}

/** Queue of metric events, which are counted later. */
export interface MetricEvents {
  /** Resolves once they are on their queue. */
  publish(metricEvents: MetricEvent[]): Promise<void>;
}
