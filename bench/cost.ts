import type { Cloud } from '../local/running-cloud.ts';
import { postAll, postBatch, publishExample, track } from './api-client.ts';
import { type Calls, callsIn } from './calls.ts';
import { gbSecondsOf } from './function-use.ts';
import { LIVES, type Life } from './lives.ts';
import type { Meter } from './meter.ts';
import { passWithNights } from './pass-with-nights.ts';
import { PRICES } from './prices.ts';
import { type Use, useOf, withoutUse } from './use.ts';

export interface Line {
  what: string;
  perThousand: number;
  dollarsPerMillion: number;
}

const READS = 'DynamoDB read units';
const EVENTS = 1_000;
const RUNS = 200;

/**
 * Returns what was used at list price, for each of so many. Each invocation of a queue function counts as one receive and one delete. `dispatch-due` looks
 * each minute whatever there is: what that costs is a row of its own in docs/scale.md.
 */
export function lines(
  { counts, invocations: invoked }: Use,
  requests: number,
  transitions: number,
  per: number,
): Line[] {
  const thousand = 1_000 / per;
  const line = (what: string, count: number, price: number): Line => ({
    what,
    perThousand: count * thousand,
    dollarsPerMillion: (count / per) * price * 1e6,
  });
  const functions = Object.entries(invoked).filter(([name]) => !name.endsWith('-dispatch-due'));
  const invocations = functions.reduce((sum, [, count]) => sum + count, 0);
  const gbSeconds = functions.reduce((sum, [name, count]) => sum + count * gbSecondsOf(name), 0);
  const polled = (fifo: boolean) =>
    functions
      .filter(
        ([name]) =>
          /-(process-events|process-due-profiles|start-run|stop-executions|send-\w+|record-metrics|feedback|run-job|run-campaign)$/.test(
            name,
          ) && name.endsWith('-process-events') === fifo,
      )
      .reduce((sum, [, count]) => sum + 2 * count, 0);
  const sent = (fifo: boolean) =>
    Object.entries(counts.sqs)
      .filter(([name]) => name.includes('FIFO') === fifo)
      .reduce((sum, [, count]) => sum + count, 0);
  return [
    line('HTTP API requests', requests, PRICES.httpRequest),
    line('DynamoDB write units (indexes included)', counts.writes, PRICES.write),
    line(READS, counts.reads - counts.dueReads, PRICES.read),
    line('SQS FIFO calls', sent(true) + polled(true), PRICES.sqsFifo),
    line('SQS standard calls', sent(false) + polled(false), PRICES.sqs),
    line('S3 objects put', counts.s3.PutObject ?? 0, PRICES.objectPut),
    line('S3 objects read', counts.s3.GetObject ?? 0, PRICES.objectGet),
    line('Lambda invocations', invocations, PRICES.invocation),
    line('Lambda GB-seconds (by the CPU time of decision 0093)', gbSeconds, PRICES.gbSecond),
    line('Step Functions transitions', transitions, PRICES.transition),
  ];
}

/** Costs of 1,000 events in batches of 50, 5 of each of 10 existing profiles. */
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
  return lines(useOf(cloud, meter), EVENTS / 50, 0, EVENTS);
}

export interface RunCost {
  journey: string;
  transitions: number;
  messages: number;
  calls: Calls;
  lines: Line[];
}

/**
 * Costs of the runs of each example journey, whose customers only start them. The fixed cost of nights is left out; that of the recount of each message
 * (`recounted`) is in it.
 */
export async function costOfExamples(cloud: Cloud, meter: Meter, recounted: Line[]): Promise<RunCost[]> {
  const costs: RunCost[] = [];
  for (const life of LIVES) {
    await cloud.reset();
    const cost = await costOfRuns(cloud, meter, life);
    costs.push({ ...cost, lines: withRecount(cost.lines, recounted, cost.messages) });
  }
  return costs;
}

/** Before the last line, which is that of transitions. */
function withRecount(all: Line[], recounted: Line[], messages: number): Line[] {
  const line = (what: string, some: Line[]): Line => ({
    what,
    perThousand: messages * some.reduce((sum, { perThousand }) => sum + perThousand, 0),
    dollarsPerMillion: messages * some.reduce((sum, { dollarsPerMillion }) => sum + dollarsPerMillion, 0),
  });
  const [reads, others] = [recounted.filter(isReads), recounted.filter((one) => !isReads(one))];
  const nightly = [line(`${READS}, nightly recount of its messages`, reads), line('all else of that recount', others)];
  return [...all.slice(0, -1), ...nightly, ...all.slice(-1)];
}

const isReads = ({ what }: Line): boolean => what === READS;

async function costOfRuns(cloud: Cloud, meter: Meter, life: Life): Promise<RunCost> {
  const { journey, met, begins, lastsMs } = life;
  const pass = (ms: number) => cloud.time.advance(() => cloud.clock.now() + ms);
  const users = Array.from({ length: RUNS }, (_, index) => `run-${index}`);
  await publishExample(cloud, journey, RUNS);
  // The functions read the rules every 5 s, and the job of a publication visits the profiles after that.
  await pass(60_000);
  await postAll(cloud, users.flatMap(met));
  await pass('afterMs' in begins ? begins.afterMs : 0);
  meter.reset();
  cloud.lambdas.resetCounts();
  const before = cloud.engine.transitions();
  const events = 'event' in begins ? users.map((user) => track(user, begins.event, begins.properties)) : [];
  await postAll(cloud, events);
  const nights = await passWithNights(cloud, meter, lastsMs);
  const use = withoutUse(useOf(cloud, meter), nights);
  const messages = cloud.outbox.items.length / RUNS;
  if (messages !== life.messages) throw new Error(`${journey}: ${messages} messages a run, not ${life.messages}`);
  const transitions = cloud.engine.transitions() - before;
  return {
    journey,
    transitions: transitions / RUNS,
    messages,
    calls: callsIn(use, RUNS),
    lines: lines(use, events.length / 50, transitions, RUNS),
  };
}
