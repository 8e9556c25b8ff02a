import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { MetricEvent, MetricEventsMessage } from '../../core/metrics/metric-event.ts';
import { queue } from './queue.ts';

/** Long enough for the records of a batch, which are worked side by side, to tell theirs in one message. */
const LINGER_MS = 10;
const MOST_FACTS = 100;

export type MetricEvents = ReturnType<typeof metricEventsQueue>;

/** The queue `facts`. `tell` resolves once the facts are on it, packed: what is told within 10 ms shares messages. */
export function metricEventsQueue(client: SQSClient, url: string) {
  const { send } = queue(client, url);
  let gathered: MetricEvent[] = [];
  let packing: Promise<void> | undefined;

  async function pack(): Promise<void> {
    await delay(LINGER_MS);
    packing = undefined;
    const facts = gathered;
    gathered = [];
    const messages = Array.from({ length: Math.ceil(facts.length / MOST_FACTS) }, (_, at): { body: MetricEventsMessage } => ({
      body: { id: randomUUID(), facts: facts.slice(at * MOST_FACTS, (at + 1) * MOST_FACTS) },
    }));
    await send(messages);
  }

  return {
    async tell(facts: MetricEvent[]): Promise<void> {
      if (facts.length === 0) return;
      gathered.push(...facts);
      packing ??= pack();
      await packing;
    },
  };
}
