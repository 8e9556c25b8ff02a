import type { Cloud } from '../local/cloud.ts';
import type { Meter } from './meter.ts';
import { identify, postBatch, publishS1, track } from './people.ts';
import { memoryOf, PRICES } from './prices.ts';

export interface Line {
  what: string;
  perThousand: number;
  dollarsPerMillion: number;
}

const EVENTS = 1_000;
const RUNS = 200;

/** What the invocations since the last reset cost. A queue function's invocation stands for one receive and one delete. */
function lines(cloud: Cloud, meter: Meter, requests: number, transitions: number, per: number): Line[] {
  const thousand = 1_000 / per;
  const line = (what: string, count: number, price: number): Line => ({
    what,
    perThousand: count * thousand,
    dollarsPerMillion: (count / per) * price * 1e6,
  });
  const functions = Object.entries(cloud.lambdas.counts());
  const invocations = functions.reduce((sum, [, { invocations: count }]) => sum + count, 0);
  const gbSeconds = functions.reduce((sum, [name, { ms }]) => sum + (ms / 1000) * memoryOf(name), 0);
  const polled = (fifo: boolean) =>
    functions
      .filter(([name]) => /-(tag|due|enrol|send-\w+|measure|feedback)$/.test(name) && name.endsWith('-tag') === fifo)
      .reduce((sum, [, { invocations: count }]) => sum + 2 * count, 0);
  const sent = (fifo: boolean) =>
    Object.entries(meter.counts.sqs)
      .filter(([name]) => name.includes('FIFO') === fifo)
      .reduce((sum, [, count]) => sum + count, 0);
  return [
    line('HTTP API requests', requests, PRICES.httpRequest),
    line('DynamoDB write units (indexes included)', meter.counts.writes, PRICES.write),
    line('DynamoDB read units', meter.counts.reads, PRICES.read),
    line('SQS FIFO calls', sent(true) + polled(true), PRICES.sqsFifo),
    line('SQS standard calls', sent(false) + polled(false), PRICES.sqs),
    line('Lambda invocations', invocations, PRICES.invocation),
    line('Lambda GB-seconds (as measured here)', gbSeconds, PRICES.gbSecond),
    line('Step Functions transitions', transitions, PRICES.transition),
  ];
}

/** 1,000 events in batches of 50, 5 of each of 10 profiles that are known already. */
export async function costOfEvents(cloud: Cloud, meter: Meter): Promise<Line[]> {
  const users = Array.from({ length: EVENTS / 5 }, (_, index) => `event-${index}`);
  const round = async (events: string[]) => {
    for (let from = 0; from < users.length; from += 10) {
      const ten = users.slice(from, from + 10);
      await postBatch(
        cloud,
        ten.flatMap((user) => events.map((event) => track(user, event, { sku: 'kettle', price: 168 }))),
      );
    }
    await cloud.time.settle();
  };
  await round(['Warmed Up']);
  meter.reset();
  cloud.lambdas.resetCounts();
  await round(['Product Viewed', 'Product Viewed', 'Product Favorited', 'Cart Viewed', 'Logged In']);
  return lines(cloud, meter, EVENTS / 50, 0, EVENTS);
}

/** So many runs of S1 from the sign-up to the end: coupon, push, 48 h, push, 24 h, task. */
export async function costOfRuns(cloud: Cloud, meter: Meter): Promise<{ lines: Line[]; transitions: number }> {
  await publishS1(cloud, RUNS);
  // The functions look at the rules every 5 s.
  await cloud.time.advance(cloud.clock.now() + 6_000);
  const users = Array.from({ length: RUNS }, (_, index) => `run-${index}`);
  for (let from = 0; from < RUNS; from += 50) await postBatch(cloud, users.slice(from, from + 50).map(identify));
  await cloud.time.settle();
  meter.reset();
  cloud.lambdas.resetCounts();
  const before = cloud.engine.transitions();
  for (let from = 0; from < RUNS; from += 50)
    await postBatch(
      cloud,
      users.slice(from, from + 50).map((user) => track(user, 'Signed Up')),
    );
  await cloud.time.advance(cloud.clock.now() + 80 * 3600_000);
  const transitions = cloud.engine.transitions() - before;
  const sent = cloud.outbox.items.length;
  if (sent !== 2 * RUNS) throw new Error(`${sent} messages reached the provider, not ${2 * RUNS}`);
  return { lines: lines(cloud, meter, RUNS / 50, transitions, RUNS), transitions: transitions / RUNS };
}
