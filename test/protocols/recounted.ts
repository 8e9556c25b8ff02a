import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { recordedMessages } from '../../adapters/dynamo/recorded-messages.ts';
import { recountStore } from '../../adapters/dynamo/recounts.ts';
import { sumUp } from '../../core/metrics/buckets.ts';
import type { Sum } from '../../core/metrics/metric-event.ts';
import { recordedOn } from '../../core/metrics/recorded.ts';
import { factsOf, total } from '../../core/metrics/recount.ts';
import { RECORDED_SHARDS } from '../../engine/metrics/ports.ts';
import { correctCounters, type RecountDeps, recountPage } from '../../engine/metrics/recount.ts';
import { messageItems } from './message-items.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

/** Few, so that a day has several pages. */
const PAGE = 2;

const countOf = (sums: readonly Sum[]): number => sums.reduce((sum, { counts }) => sum + total(counts), 0);
const written = (sums: readonly Sum[]): string[] =>
  sums
    .flatMap(({ scope, day, counts }) => Object.entries(counts).map(([name, n]) => `${day} ${scope} ${name} ${n}`))
    .sort();

/** Counts the day again, as the job does. Returns what it reports. */
export async function recountDay(deps: Omit<RecountDeps, 'report'>, day: string): Promise<number> {
  for (let shard = 0; shard < RECORDED_SHARDS; shard += 1) {
    let cursor: Record<string, unknown> | undefined;
    do cursor = (await recountPage(deps, { id: day, day }, { shard, limit: PAGE, cursor })).next;
    while (cursor !== undefined);
  }
  const reported: number[] = [];
  await correctCounters({ ...deps, report: (drift) => void reported.push(drift) }, { id: day, day });
  return reported.reduce((sum, drift) => sum + drift, 0);
}

/**
 * Counts what a history has published about messages, and then the days again. What executors published no more is found, once, and nothing was
 * published that the rows do not say.
 */
export async function recountFaults(sim: Sim): Promise<string[]> {
  const { client } = sim.tables;
  const metrics = metricsStore(client, TABLES.metrics);
  const logged: string[] = [];
  const deps = {
    messages: recordedMessages(client, TABLES.messages),
    recounts: recountStore(client, TABLES.metrics),
    clock: () => sim.now,
    log: { warn: (line: string) => void logged.push(line) },
  };
  // A call that the SDK repeats puts the same message twice, which `record-metrics` counts once.
  const published = sumUp([...new Set(sim.published)].filter(({ of }) => of === 'message'));
  for (const sum of published) await metrics.add(sum);
  const rows = await deps.messages.counted((await messageItems(sim.tables)).map(({ sk }) => String(sk)));
  const facts = rows.flatMap(factsOf);
  const days = new Set(facts.map(recordedOn));
  let drift = 0;
  for (const day of days) drift += await recountDay(deps, day);
  const found: string[] = [];
  const lost = countOf(sumUp(facts)) - countOf(published);
  if (drift !== lost) found.push(`the recount found ${drift} of ${lost} that were lost`);
  if (logged.includes('counters are too high')) found.push('more was counted than the rows say');
  const stored: Sum[] = [];
  for (const { scope, day } of sumUp(facts)) stored.push({ scope, day, counts: await countersOf(deps, scope, day) });
  if (written(stored).join() !== written(sumUp(facts)).join()) found.push('the counters are not what the rows say');
  for (const day of days) if ((await recountDay(deps, day)) > 0) found.push(`a second recount of ${day} finds more`);
  return found;
}

async function countersOf({ recounts }: Pick<RecountDeps, 'recounts'>, scope: string, day: string) {
  const { ttl: _ttl, ...counts } = await recounts.counters(scope, day);
  return counts;
}
