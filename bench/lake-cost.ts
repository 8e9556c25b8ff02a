import { messageIdOf, SERIES_LENGTH } from '../core/metrics/mark-series.ts';
import type { MetricEvent } from '../core/metrics/metric-event.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { factsOfMessage } from './lake-facts.ts';
import type { Meter } from './meter.ts';
import { PRICES } from './prices.ts';

/** What it takes to count facts, and to write them to the lake, where so many come within a batching window. */
export interface CountingCost {
  facts: number;
  writeUnitsEach: number;
  putsPerThousand: number;
  /** Dollars for what a million messages have brought after five days. */
  counters: number;
  puts: number;
  queue: number;
}

const RECORD_METRICS = 'cairn-record-metrics';
const FACTS_PER_WINDOW = [10, 100, 1_000, 10_000];
/** Facts that a sender's invocation publishes together: one message on the queue. */
const PER_MESSAGE = 10;
/** Senders that publish at the same time, each with numbers of its own. */
const PUBLISHERS = 10;
const MESSAGES = 40_000;
const MEASURED = 10_000;
/** Windows of the smallest are enough to see. */
const MAX_WINDOWS = 40;
/** Messages that SQS gives, or deletes, in one call. */
const PER_CALL = 10;

/** The real `record-metrics` counts a campaign's facts in the order in which they happen, from the middle of its sending on. */
export async function costOfCounting(cloud: Cloud, meter: Meter): Promise<CountingCost[]> {
  const from = cloud.clock.now();
  const all = Array.from({ length: MESSAGES }, (_, index) => factsOfMessage(index, from)).flat();
  const perMessage = all.length / MESSAGES;
  const facts = all.toSorted((a, b) => a.at - b.at);
  await count(cloud, facts.splice(0, facts.length / 4));
  const costs: CountingCost[] = [];
  for (const perWindow of FACTS_PER_WINDOW) {
    const some = facts.splice(0, Math.min(MEASURED, perWindow * MAX_WINDOWS));
    meter.reset();
    let messages = 0;
    for (let first = 0; first < some.length; first += perWindow)
      messages += await count(cloud, some.slice(first, first + perWindow));
    costs.push(costOf(meter, { facts: some.length, perWindow, messages, perMessage }));
  }
  return costs;
}

interface Counted {
  facts: number;
  perWindow: number;
  messages: number;
  /** Facts. */
  perMessage: number;
}

function costOf({ counts }: Meter, { facts, perWindow, messages, perMessage }: Counted): CountingCost {
  const puts = counts.s3.PutObject ?? 0;
  const ofMillion = (perMessage * 1e6) / facts;
  return {
    facts: perWindow,
    writeUnitsEach: counts.writes / facts,
    putsPerThousand: (puts / facts) * 1_000,
    counters: counts.writes * ofMillion * PRICES.write,
    puts: puts * ofMillion * PRICES.objectPut,
    queue: messages * (1 + 2 / PER_CALL) * ofMillion * PRICES.sqs,
  };
}

let published = 0;

/** In one batch, however busy this machine is. Returns the number of messages on the queue. */
async function count(cloud: Cloud, facts: readonly MetricEvent[]): Promise<number> {
  const arn = cloud.queues.arnOf('metric-events') ?? '';
  let messages = 0;
  cloud.pollers.enable(RECORD_METRICS, false);
  for (let first = 0; first < facts.length; first += PER_MESSAGE) {
    const series = `${published % PUBLISHERS}-${Math.floor(published / PUBLISHERS / SERIES_LENGTH)}`;
    const id = messageIdOf(series, Math.floor(published / PUBLISHERS) % SERIES_LENGTH);
    await cloud.queues.put(arn, JSON.stringify({ id, metricEvents: facts.slice(first, first + PER_MESSAGE) }));
    published += 1;
    messages += 1;
  }
  cloud.pollers.enable(RECORD_METRICS, true);
  await cloud.time.settle();
  return messages;
}
