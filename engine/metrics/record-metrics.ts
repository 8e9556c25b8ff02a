import { setTimeout as delay } from 'node:timers/promises';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { sumUp } from '../../core/metrics/buckets.ts';
import { INGESTION } from '../../core/metrics/ingestion-counters.ts';
import { dayCounts } from '../../core/metrics/ingestion-hours.ts';
import type { MetricEventsMessage, Sum } from '../../core/metrics/metric-event.ts';
import type { Log, Queue } from '../ports.ts';
import type { Metrics } from './ports.ts';
import { publishSums } from './publish-sums.ts';

export interface RecordMetricsDeps {
  metrics: Pick<Metrics, 'add' | 'first'>;
  /** The queue from which the metric events came. */
  again: Pick<Queue, 'send'>;
  /** Reports counters of ingestion that were increased. */
  report: (counts: Readonly<Record<string, number>>) => void;
  log: Log;
}

const MAX_CONCURRENCY = 20;
/** Delays between tries of a counter that DynamoDB was too busy to write; a random factor makes each up to twice as long. */
const DELAYS_MS = [50, 200, 800];
/** Delay after which the remaining sums are delivered again. */
const AGAIN_SECONDS = 60;

/**
 * Counts a batch. Each message is counted once ever, by its mark or those of its events. Then there is one write for each scope and day, however many metric events it adds.
 * Sums that could not be written go back to the queue. A death between marks and writes leaves events uncounted until the recount; nothing is ever
 * counted twice.
 */
export async function recordMetrics(deps: RecordMetricsDeps, messages: MetricEventsMessage[]): Promise<void> {
  const faults: unknown[] = [];
  const isFirst = (mark: string, at: number) =>
    deps.metrics.first(mark, at).catch((error: unknown) => {
      faults.push(error);
      return false;
    });
  const news = await mapWithConcurrency(
    MAX_CONCURRENCY,
    messages,
    async ({ id, metricEvents: received, sums = [] }) => {
      const newest = Math.max(...received.map(({ at }) => at), ...sums.map(({ day }) => Date.parse(day)));
      // Events that all have marks of their own, as a run's end has, need no mark of their message.
      const isMarked = sums.length === 0 && received.every(({ once }) => once !== undefined);
      if (!isMarked && !(await isFirst(id, newest))) return { received: [], sums: [] };
      const isNew = await mapWithConcurrency(
        MAX_CONCURRENCY,
        received,
        async ({ once, at }) => once === undefined || isFirst(once, at),
      );
      return { received: received.filter((_, index) => isNew[index]), sums };
    },
  );
  const sums = sumUp(
    news.flatMap(({ received }) => received),
    news.flatMap((one) => one.sums),
  );
  const isAdded = await mapWithConcurrency(MAX_CONCURRENCY, sums, (sum) => add(deps, sum));
  await publishSums(
    deps.again,
    sums.filter((_, index) => !isAdded[index]),
    AGAIN_SECONDS,
  );
  // Unmarked events are delivered again; marked ones are not counted twice.
  if (faults.length > 0) throw new Error(`${faults.length} metric events could not be marked`, { cause: faults[0] });
}

/**
 * Returns false if the counters were certainly not increased. If the outcome is unknown, the sum is not added again: one too few is better than one
 * too many.
 */
async function add({ metrics, log, report }: RecordMetricsDeps, { scope, day, counts }: Sum): Promise<boolean> {
  const isAdded = async () => {
    if (!(await metrics.add(scope, day, counts))) return false;
    if (scope === INGESTION) report(dayCounts(counts));
    return true;
  };
  try {
    for (const ms of DELAYS_MS) {
      if (await isAdded()) return true;
      await delay(ms * (1 + Math.random()));
    }
    return await isAdded();
  } catch (error) {
    log.error('a counter may be too low', { scope, day, counts, error: error as Error });
    return true;
  }
}
