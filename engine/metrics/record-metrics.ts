import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { MetricEvent, MetricEventsMessage } from '../../core/metrics/metric-event.ts';
import type { Log, Queue } from '../ports.ts';
import type { Metrics } from './ports.ts';

export interface RecordMetricsDeps {
  metrics: Pick<Metrics, 'add' | 'first'>;
  /** The queue from which the metric events came. */
  again: Pick<Queue, 'send'>;
  log: Log;
}

const MAX_CONCURRENCY = 20;
/** Delays between tries of a counter that DynamoDB was too busy to write; a random factor makes each up to twice as long. */
const DELAYS_MS = [50, 200, 800];
/** Delay after which the remaining sums are delivered again. */
const AGAIN_SECONDS = 60;
const MAX_EVENTS = 100;

/**
 * Counts a batch. Each message is counted once ever, by its mark. Then there is one write for each scope and day, however many metric events it adds.
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
  const metricEvents = await mapWithConcurrency(MAX_CONCURRENCY, messages, async ({ id, metricEvents: received }) => {
    const newest = Math.max(...received.map(({ at }) => at));
    if (!(await isFirst(id, newest))) return [];
    const isNew = await mapWithConcurrency(
      MAX_CONCURRENCY,
      received,
      async ({ once, at }) => once === undefined || isFirst(once, at),
    );
    return received.filter((_, index) => isNew[index]);
  });
  const sums = sumUp(metricEvents.flat());
  const isAdded = await mapWithConcurrency(MAX_CONCURRENCY, sums, (sum) => add(deps, sum));
  await putBack(
    deps,
    sums.filter((_, index) => !isAdded[index]),
  );
  // Unmarked events are delivered again; marked ones are not counted twice.
  if (faults.length > 0) throw new Error(`${faults.length} metricEvents could not be marked`, { cause: faults[0] });
}

interface Sum {
  scope: string;
  /** Day in UTC. */
  day: string;
  counts: Record<string, number>;
}

/**
 * Returns false if the counters were certainly not increased. If the outcome is unknown, the sum is not added again: one too few is better than one
 * too many.
 */
async function add({ metrics, log }: RecordMetricsDeps, { scope, day, counts }: Sum): Promise<boolean> {
  try {
    for (const ms of DELAYS_MS) {
      if (await metrics.add(scope, day, counts)) return true;
      await delay(ms * (1 + Math.random()));
    }
    return await metrics.add(scope, day, counts);
  } catch (error) {
    log.error('a counter may be too low', { scope, day, counts, error: error as Error });
    return true;
  }
}

/** Puts sums back as metric events with a count, which have no mark. */
async function putBack(deps: RecordMetricsDeps, sums: Sum[]): Promise<void> {
  const metricEvents = sums.flatMap(({ scope, day, counts }) =>
    Object.entries(counts).map(
      ([name, times]): MetricEvent => ({ at: Date.parse(day), scopes: [scope], name, count: times }),
    ),
  );
  await deps.again.send(
    Array.from({ length: Math.ceil(metricEvents.length / MAX_EVENTS) }, (_, page) => ({
      body: {
        id: randomUUID(),
        metricEvents: metricEvents.slice(page * MAX_EVENTS, (page + 1) * MAX_EVENTS),
      } satisfies MetricEventsMessage,
      delaySeconds: AGAIN_SECONDS,
    })),
  );
}

function sumUp(metricEvents: MetricEvent[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { at, scopes, name, count: times = 1 } of metricEvents) {
    const day = new Date(at).toISOString().slice(0, 10);
    for (const scope of scopes) {
      const sum = sums.get(`${day} ${scope}`) ?? { scope, day, counts: {} };
      sum.counts[name] = (sum.counts[name] ?? 0) + times;
      sums.set(`${day} ${scope}`, sum);
    }
  }
  return [...sums.values()];
}
