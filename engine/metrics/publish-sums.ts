import { randomUUID } from 'node:crypto';
import type { MetricEventsMessage, Sum } from '../../core/metrics/metric-event.ts';
import type { Queue } from '../ports.ts';

/** One message takes so many sums, each of which may have some dozens of counters. */
const MAX_SUMS = 25;

/** Queues sums that are to be added as they are. Each message has an id, by which it is counted once. */
export async function publishSums(
  metricEvents: Pick<Queue, 'send'>,
  sums: readonly Sum[],
  delaySeconds = 0,
): Promise<void> {
  await metricEvents.send(
    Array.from({ length: Math.ceil(sums.length / MAX_SUMS) }, (_, page) => ({
      body: {
        id: randomUUID(),
        metricEvents: [],
        sums: sums.slice(page * MAX_SUMS, (page + 1) * MAX_SUMS),
      } satisfies MetricEventsMessage,
      ...(delaySeconds === 0 ? {} : { delaySeconds }),
    })),
  );
}
