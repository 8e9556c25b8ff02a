import { messageIdOf, SERIES_LENGTH } from '../core/metrics/mark-series.ts';
import { utcDay } from '../core/time/utc-day.ts';
import { realNow } from '../local/clock.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { CAMPAIGN, factsOfMessage, TAG } from './lake-facts.ts';
import { percentile } from './percentile.ts';

export interface ReportSpeed {
  report: string;
  /** How many wait for an answer at the same time. */
  atOnce: number;
  p50Ms: number;
  p95Ms: number;
  /** Processor time of the whole process for each, the client included. */
  cpuMs: number;
}

const DAY_MS = 24 * 3_600_000;
/** Facts of a message on the queue, and of a batching window while a campaign sends hundreds a second. */
const PER_MESSAGE = 100;
const PER_WINDOW = 2_500;
const ASKED = 20;

/** Has the real `record-metrics` count what came of so many messages, in the order in which it came; returns how many facts. */
export async function holdMessages(cloud: Cloud, messages: number): Promise<number> {
  const from = cloud.clock.now() - 6 * DAY_MS;
  const arn = cloud.queues.arnOf('metric-events') ?? '';
  const all = Array.from({ length: messages }, (_, index) => factsOfMessage(index, from)).flat();
  const facts = all.toSorted((a, b) => a.at - b.at);
  for (let first = 0; first < facts.length; first += PER_MESSAGE) {
    const id = messageIdOf(
      `bench-${Math.floor(first / SERIES_LENGTH / PER_MESSAGE)}`,
      (first / PER_MESSAGE) % SERIES_LENGTH,
    );
    await cloud.queues.put(arn, JSON.stringify({ id, metricEvents: facts.slice(first, first + PER_MESSAGE) }));
    if ((first + PER_MESSAGE) % PER_WINDOW === 0) await cloud.time.settle();
  }
  await cloud.time.settle();
  return facts.length;
}

/** The reports of a page, by HTTP: one after the other, and four at a time. */
export async function* speedOfReports(cloud: Cloud): AsyncGenerator<ReportSpeed> {
  const days = `from=${utcDay(cloud.clock.now() - 7 * DAY_MS)}&to=${utcDay(cloud.clock.now())}`;
  const reports: Record<string, string> = {
    'by=variant': `campaign/${CAMPAIGN}?by=variant`,
    'by=day': `campaign/${CAMPAIGN}?by=day`,
    'by=channel,hour': `campaign/${CAMPAIGN}?by=channel,hour`,
    [`by=tag:${TAG}`]: `campaign/${CAMPAIGN}?by=tag:${TAG}`,
    overview: `overview?${days}`,
  };
  const authorization = `Bearer ${await cloud.issuer.token('viewer', ['viewer'])}`;
  const ask = async (path: string): Promise<number> => {
    const began = realNow();
    const answer = await fetch(`${cloud.url}/v1/reports/${path}`, { headers: { authorization } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return realNow() - began;
  };
  for (const [report, path] of Object.entries(reports))
    for (const atOnce of [1, 4]) {
      await ask(path);
      const waited: number[] = [];
      const cpu = process.cpuUsage();
      for (let asked = 0; asked < ASKED; asked += atOnce)
        waited.push(...(await Promise.all(Array.from({ length: atOnce }, () => ask(path)))));
      const { user, system } = process.cpuUsage(cpu);
      const cpuMs = (user + system) / 1000 / ASKED;
      yield { report, atOnce, p50Ms: percentile(waited, 0.5), p95Ms: percentile(waited, 0.95), cpuMs };
    }
}
