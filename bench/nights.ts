import type { Cloud } from '../local/running-cloud.ts';
import { postAll, track } from './api-client.ts';
import { type Line, lines } from './cost.ts';
import type { Meter } from './meter.ts';
import { DAY_MS, NIGHT_MS, nextNight, passWithNights } from './pass-with-nights.ts';
import { added } from './use.ts';
import { ONE_SMS, publishOneSms } from './workload.ts';

/** Cost of the nightly functions. */
export interface NightCost {
  /** One night, whatever happened. */
  fixed: Line[];
  /** One message more, in both nights that read its row. */
  message: Line[];
}

/** Nights in which a message's row is read. */
const NIGHTS = 2;
/** So many that some hundred are in each of the 16 shards: the keys of an index are read by 4 KB. */
const MESSAGES = { fewer: 1_000, more: 3_000 };

/** By the nights after a day of fewer, and of more messages. What pages cost beyond the first 2,000 messages of a shard is not in it. */
export async function costOfNights(cloud: Cloud, meter: Meter, count = MESSAGES): Promise<NightCost> {
  const [fewer, more] = [await nightsAfter(cloud, meter, count.fewer), await nightsAfter(cloud, meter, count.more)];
  const message = combined(more, fewer, (a, b) => (a - b) / (count.more - count.fewer));
  return { fixed: combined(fewer, message, (all, each) => (all - count.fewer * each) / NIGHTS), message };
}

async function nightsAfter(cloud: Cloud, meter: Meter, messages: number): Promise<Line[]> {
  await cloud.reset();
  await publishOneSms(cloud);
  // The functions read the rules every 5 s, and the job of a publication visits the profiles after that.
  await cloud.time.advance(() => cloud.clock.now() + 60_000);
  const users = Array.from({ length: messages }, (_, index) => `nightly-${index}`);
  await postAll(cloud, users.map(ONE_SMS.identifyEvent));
  await cloud.time.settle();
  await postAll(cloud, users.map(ONE_SMS.startEvent));
  await cloud.time.settle();
  const sent = cloud.outbox.items.length;
  if (sent !== messages) throw new Error(`${sent} messages reached the provider, not ${messages}`);
  // In the coming night the day is not over yet.
  const today = nextNight(cloud.clock.now()) + NIGHT_MS;
  await cloud.time.advance(() => today);
  const first = await passWithNights(cloud, meter, DAY_MS);
  // The virtual clock leaves out nights before which nothing has happened for two days.
  await postAll(cloud, [track('nightly-0', 'Product Viewed')]);
  return lines(added(first, await passWithNights(cloud, meter, DAY_MS)), 0, 0, 1);
}

const combined = (some: Line[], others: Line[], by: (one: number, other: number) => number): Line[] =>
  some.map(({ what, perThousand, dollarsPerMillion }, index) => ({
    what,
    perThousand: by(perThousand, others[index]?.perThousand ?? 0),
    dollarsPerMillion: by(dollarsPerMillion, others[index]?.dollarsPerMillion ?? 0),
  }));
