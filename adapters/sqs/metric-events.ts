import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { MetricEvent, MetricEventsMessage } from '../../core/metrics/metric-event.ts';
import type { MetricEvents } from '../../engine/metrics/ports.ts';
import { queue } from './queue.ts';

/** Long enough for the concurrently processed records of a batch to publish their metric events in one message. */
const LINGER_MS = 10;
const MAX_EVENTS = 100;

/**
 * The queue `metric-events`. `publish` resolves once the metric events are queued, compressed. Metric events that are published within 10 ms share
 * messages.
 */
export function metricEventsQueue(client: SQSClient, url: string): MetricEvents {
  const { send } = queue(client, url);
  let gathered: MetricEvent[] = [];
  let packing: Promise<void> | undefined;

  async function pack(): Promise<void> {
    await delay(LINGER_MS);
    packing = undefined;
    const metricEvents = gathered;
    gathered = [];
    const messages = Array.from(
      { length: Math.ceil(metricEvents.length / MAX_EVENTS) },
      (_, at): { body: MetricEventsMessage } => ({
        body: { id: randomUUID(), metricEvents: metricEvents.slice(at * MAX_EVENTS, (at + 1) * MAX_EVENTS) },
      }),
    );
    await send(messages);
  }

  return {
    async publish(metricEvents: MetricEvent[]): Promise<void> {
      if (metricEvents.length === 0) return;
      gathered.push(...metricEvents);
      packing ??= pack();
      await packing;
    },
  };
}
