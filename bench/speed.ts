import { realNow } from '../local/clock.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { identify, postAll, postBatch, publishExample, track } from './people.ts';
import { percentile } from './percentile.ts';

export interface Speed {
  perSecond: number;
  p50Ms: number;
  p95Ms: number;
}

const CLIENTS = 8;

/** Posts `events` by eight clients, in batches of `size`, of which every n-th starts a run that sends; until all of these have reached the provider. */
export async function speedOf(
  cloud: Cloud,
  name: string,
  events: number,
  size: number,
  everyNth: number,
): Promise<Speed> {
  const userOf = (index: number) => `${name}-${index}`;
  const senders = Array.from({ length: events }, (_, index) => index)
    .filter((index) => index % everyNth === 0)
    .map(userOf);
  const known = senders.map((user) => identify(user));
  await postAll(cloud, known);
  await cloud.time.quiet(120_000);

  const posted = new Map<string, number>();
  const before = cloud.outbox.items.length;
  const batches = Array.from({ length: Math.ceil(events / size) }, (_, index) => index * size);
  const started = realNow();
  const client = async () => {
    for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
      const batch = Array.from({ length: Math.min(size, events - from) }, (_, offset) => {
        const index = (from ?? 0) + offset;
        if (index % everyNth === 0) posted.set(`token-${userOf(index)}`, realNow());
        return index % everyNth === 0
          ? track(userOf(index), 'Signed Up')
          : track(userOf(index), 'Product Viewed', { sku: 'kettle' });
      });
      await postBatch(cloud, batch);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  if (!(await cloud.time.quiet(300_000))) throw new Error('does not come to rest');
  const seconds = (realNow() - started) / 1000;
  const items = cloud.outbox.items.slice(before);
  if (items.length !== senders.length)
    throw new Error(`${items.length} messages reached the provider, not ${senders.length}`);
  const delays = items.map((item) => Date.parse(item.at) - (posted.get(String(item.to)) ?? 0));
  return { perSecond: events / seconds, p50Ms: percentile(delays, 0.5), p95Ms: percentile(delays, 0.95) };
}

export const prepare = (cloud: Cloud, codes: number): Promise<void> => publishExample(cloud, 'new-customer', codes);
