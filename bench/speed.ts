import { setTimeout as delay } from 'node:timers/promises';
import { realNow } from '../local/clock.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { postAll, postBatch, publishExample, track } from './api-client.ts';
import { followMemory } from './memory-use.ts';
import { percentile } from './percentile.ts';
import { COUPON_BY_PUSH, publishOneSms, type Workload } from './workload.ts';

export interface Speed {
  /** Until every request was answered. */
  acceptedPerSecond: number;
  /** Until nothing was in flight any more. */
  perSecond: number;
  /** From POST to outbox; 0 where nothing is sent. */
  p50Ms: number;
  p95Ms: number;
  /** Processor time of the whole process, the bench's clients included, for 1,000 events. */
  cpuSeconds: number;
  /** The largest that was seen. */
  rssMegabytes: number;
}

export interface Load {
  events: number;
  /** Events of a batch. */
  size: number;
  /** Every n-th event starts a run that sends; absent: none does. */
  everyNth?: number;
  /** Absent: `COUPON_BY_PUSH`. */
  work?: Workload;
  /** Events that are posted a second; absent: as many as are answered. */
  pace?: number;
}

const CLIENTS = 8;

/** Posts events by eight clients, one of each customer, until all that send have reached the provider. */
export async function speedOf(
  cloud: Cloud,
  name: string,
  { events, size, everyNth, work = COUPON_BY_PUSH, pace = Number.POSITIVE_INFINITY }: Load,
): Promise<Speed> {
  const userOf = (index: number) => `${name}-${index}`;
  const isSender = (index: number) => everyNth !== undefined && index % everyNth === 0;
  const senders = Array.from({ length: events }, (_, index) => index)
    .filter(isSender)
    .map(userOf);
  const known = Array.from({ length: events }, (_, index) => index)
    .filter(isSender)
    .map((index) => work.identifyEvent(userOf(index), index));
  await postAll(cloud, known);
  await cloud.time.becomesIdle(120_000);

  const posted = new Map<string, number>();
  const before = cloud.outbox.items.length;
  const batches = Array.from({ length: Math.ceil(events / size) }, (_, index) => index * size);
  const memory = followMemory();
  const cpu = process.cpuUsage();
  const started = realNow();
  const client = async () => {
    for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
      const waitMs = started + (from / pace) * 1000 - realNow();
      if (waitMs > 0) await delay(waitMs);
      const batch = Array.from({ length: Math.min(size, events - from) }, (_, offset) => {
        const index = (from ?? 0) + offset;
        if (isSender(index)) posted.set(work.address(userOf(index), index), realNow());
        return isSender(index)
          ? work.startEvent(userOf(index))
          : track(userOf(index), 'Product Viewed', { sku: 'kettle' });
      });
      await postBatch(cloud, batch);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const accepted = (realNow() - started) / 1000;
  if (!(await cloud.time.becomesIdle(300_000))) throw new Error('does not come to rest');
  const seconds = (realNow() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const rssMegabytes = memory.stop();
  const items = cloud.outbox.items.slice(before);
  if (items.length !== senders.length)
    throw new Error(`${items.length} messages reached the provider, not ${senders.length}`);
  const delays = items.map((item) => Date.parse(item.at) - (posted.get(String(item.to)) ?? 0));
  return {
    acceptedPerSecond: events / accepted,
    perSecond: events / seconds,
    p50Ms: percentile(delays, 0.5),
    p95Ms: percentile(delays, 0.95),
    cpuSeconds: (user + system) / 1000 / events,
    rssMegabytes,
  };
}

/** Publishes the journeys of both kinds of work. */
export async function prepare(cloud: Cloud, codes: number): Promise<void> {
  await publishExample(cloud, 'new-customer', codes);
  await publishOneSms(cloud);
}
