import type { Cloud } from '../local/running-cloud.ts';
import { identify, postAll, track } from './api-client.ts';
import type { Meter } from './meter.ts';
import { ONE_SMS, publishOneSms } from './workload.ts';

/** DynamoDB calls of one event, message or run by operation and table, and all of them. */
export interface Calls {
  each: Record<string, number>;
  /** Units of the same calls, as far as the emulator reports them. */
  units: Record<string, number>;
  all: number;
}

const COUNT = 200;
/** Requests of 50 events. */
const PER_REQUEST = 50;

/** Calls of an event that starts nothing, and of a message: an event that starts a journey, which sends one SMS. Of known customers, in batches of 50. */
export async function callsOf(cloud: Cloud, meter: Meter): Promise<{ event: Calls; message: Calls }> {
  await publishOneSms(cloud);
  // The functions read the rules every 5 s, and the job of a publication visits the profiles after that.
  await cloud.time.advance(() => cloud.clock.now() + 60_000);
  const users = Array.from({ length: COUNT }, (_, index) => `caller-${index}`);
  await postAll(
    cloud,
    users.map((user, index) => ONE_SMS.identifyEvent(user, index)),
  );
  // A first one of each, so that names of events and versions of definitions are known.
  await round(cloud, meter, [
    identify('first', { phone: '+8613700000000' }),
    track('first', 'Product Viewed'),
    ONE_SMS.startEvent('first'),
  ]);
  const event = await round(
    cloud,
    meter,
    users.map((user) => track(user, 'Product Viewed', { sku: 'kettle' })),
  );
  const before = cloud.outbox.items.length;
  const message = await round(cloud, meter, users.map(ONE_SMS.startEvent));
  const sent = cloud.outbox.items.length - before;
  if (sent !== COUNT) throw new Error(`${sent} messages reached the provider, not ${COUNT}`);
  return { event, message };
}

async function round(cloud: Cloud, meter: Meter, events: Record<string, unknown>[]): Promise<Calls> {
  await cloud.time.settle();
  meter.reset();
  for (let from = 0; from < events.length; from += PER_REQUEST)
    await postAll(cloud, events.slice(from, from + PER_REQUEST));
  await cloud.time.settle();
  return callsIn(meter, events.length);
}

/** Divides what was metered by the number of items. */
export function callsIn({ counts }: Pick<Meter, 'counts'>, per: number): Calls {
  const shareOf = (sums: Record<string, number>) =>
    Object.fromEntries(Object.entries(sums).map(([call, sum]) => [call, sum / per]));
  const each = shareOf(counts.dynamo);
  return { each, units: shareOf(counts.units), all: Object.values(each).reduce((sum, count) => sum + count, 0) };
}
