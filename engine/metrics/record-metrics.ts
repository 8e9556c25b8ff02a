import { setTimeout as delay } from 'node:timers/promises';
import type { Guardrail } from '../../core/definitions/settings.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { sumUp, writesOf } from '../../core/metrics/buckets.ts';
import { watchedIn } from '../../core/metrics/cohorts.ts';
import { entryEventOf } from '../../core/metrics/entry-event-counts.ts';
import { dayCounts, INGESTION } from '../../core/metrics/ingestion-hours.ts';
import { placeOf } from '../../core/metrics/mark-series.ts';
import type { MetricEventsMessage, Sum } from '../../core/metrics/metric-event.ts';
import { withoutClosed } from '../../core/metrics/recorded.ts';
import { factRowsOf } from '../../core/results/fact-row.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { GuardrailsMessage } from '../guardrails/guardrails-message.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { FactFiles } from '../results/ports.ts';
import type { Arrivals } from './arrivals.ts';
import type { Metrics } from './ports.ts';
import { publishSums } from './publish-sums.ts';

export interface RecordMetricsDeps {
  metrics: Pick<Metrics, 'add' | 'first' | 'firstOf'>;
  facts: FactFiles;
  catalog: Pick<CatalogStore, 'snapshot'>;
  /** The queue on which guardrails are checked. */
  guardrails: Pick<Queue, 'send'>;
  /** The queue from which the metric events came. */
  again: Pick<Queue, 'send'>;
  /** Events whose coming a check was asked for. */
  arrivals: Arrivals;
  /** Reports counters of ingestion that were increased. */
  report: (counts: Readonly<Record<string, number>>) => void;
  clock: Clock;
  log: Log;
}

const MAX_CONCURRENCY = 20;
/** Delays between tries of a counter that DynamoDB was too busy to write, or was not reached for; a random factor makes each up to twice as long. */
const DELAYS_MS = [50, 200, 800];
/** Delay after which the remaining sums are delivered again. */
const AGAIN_SECONDS = 60;

/**
 * Counts a batch. Each message is counted once ever, by its mark or those of its events. There is one write for each series of marks, and one for each
 * scope and day and hundred counters, however many metric events it adds. Sums that could not be written go back to the queue. A death between marks and writes leaves
 * events uncounted until the recount; nothing is ever counted twice. What messages did on a day that the recount has taken over is left to it.
 *
 * Whatever was counted before, the batch's facts are written to the lake at each delivery; readers take each id once.
 */
export async function recordMetrics(deps: RecordMetricsDeps, messages: MetricEventsMessage[]): Promise<void> {
  const faults: unknown[] = [];
  const now = deps.clock();
  const { guardrails, timezone } = (await deps.catalog.snapshot()).snapshot.settings;
  const orFault = <Answer>(asked: Promise<Answer>, otherwise: Answer): Promise<Answer> =>
    asked.catch((error: unknown) => {
      faults.push(error);
      return otherwise;
    });
  const kept = orFault(keepFacts(deps.facts, messages), undefined);
  const fresh = await withoutRepeats(messages, (series, numbers) =>
    orFault(deps.metrics.firstOf(series, numbers, now), new Set()),
  );
  // An event with a mark of its own may be left of a message that was counted: its mark had failed.
  const events = [
    ...messages.flatMap(({ metricEvents }) => metricEvents.filter(({ once }) => once !== undefined)),
    ...fresh.flatMap(({ metricEvents }) => metricEvents.filter(({ once }) => once === undefined)),
  ];
  const isNew = await mapWithConcurrency(
    MAX_CONCURRENCY,
    events,
    async ({ once }) => once === undefined || orFault(deps.metrics.first(once, now), false),
  );
  const sums = sumUp(
    events.filter((_, index) => isNew[index]),
    fresh.flatMap((message) => message.sums ?? []),
    { guardrails, reports: { timezone, now } },
  ).flatMap((sum) => writesOf(withoutClosed(sum, now)));
  const isAdded = await mapWithConcurrency(MAX_CONCURRENCY, sums, (sum) => add(deps, sum));
  await publishSums(
    deps.again,
    sums.filter((_, index) => !isAdded[index]),
    AGAIN_SECONDS,
  );
  await checkGuardrails(deps, messages, guardrails, now);
  await kept;
  // Unmarked events are delivered again, and facts that are in no file; marked ones are not counted twice.
  if (faults.length > 0)
    throw new Error(`${faults.length} metric events could not be marked, or kept`, { cause: faults[0] });
}

async function keepFacts(facts: FactFiles, messages: readonly MetricEventsMessage[]): Promise<void> {
  const rows = messages.flatMap(factRowsOf);
  if (rows.length > 0) await facts.write(hashId(...messages.map(({ id }) => id).toSorted()), rows);
}

/** Once the counters are written, and at each delivery: an earlier one may have broken off here. */
async function checkGuardrails(
  deps: RecordMetricsDeps,
  messages: readonly MetricEventsMessage[],
  guardrails: readonly Guardrail[],
  now: EpochMs,
): Promise<void> {
  const touched = sumUp(
    messages.flatMap(({ metricEvents }) => metricEvents),
    messages.flatMap(({ sums = [] }) => sums),
    { guardrails },
  );
  const came = deps.arrivals.firstOfDay(
    touched.flatMap(({ scope }) => (entryEventOf(scope) === undefined ? [] : [scope])),
    now,
  );
  const scopes = new Set([...touched.flatMap(({ scope }) => watchedIn(scope) ?? []), ...came]);
  if (scopes.size > 0) await deps.guardrails.send([{ body: { scopes: [...scopes] } satisfies GuardrailsMessage }]);
}

/** Returns the messages that were not counted before, each once, but for those whose events all have marks of their own. */
async function withoutRepeats(
  messages: readonly MetricEventsMessage[],
  firstOf: (series: string, numbers: readonly number[]) => Promise<ReadonlySet<number>>,
): Promise<MetricEventsMessage[]> {
  const unmarked = messages.filter((message) => !isMarked(message));
  const bySeries = [...Map.groupBy(unmarked, ({ id }) => placeOf(id).series)];
  const fresh = await mapWithConcurrency(MAX_CONCURRENCY, bySeries, async ([series, its]) => {
    const byNumber = new Map(its.map((message) => [placeOf(message.id).number, message]));
    const first = await firstOf(series, [...byNumber.keys()]);
    return [...byNumber].flatMap(([number, message]) => (first.has(number) ? [message] : []));
  });
  return fresh.flat();
}

const isMarked = ({ metricEvents, sums = [] }: MetricEventsMessage): boolean =>
  sums.length === 0 && metricEvents.every(({ once }) => once !== undefined);

/**
 * Returns false if the counters were certainly not increased. If the outcome is unknown, the sum is not added again: one too few is better than one
 * too many.
 */
async function add({ metrics, log, report }: RecordMetricsDeps, sum: Sum): Promise<boolean> {
  const { scope, day, counts } = sum;
  const isAdded = async () => {
    if (!(await metrics.add(sum))) return false;
    if (scope === INGESTION) report(dayCounts(counts));
    return true;
  };
  try {
    for (const ms of DELAYS_MS) {
      if (await isAdded()) return true;
      await delay(ms * (1 + Math.random()));
    }
    return await isAdded();
  } catch (error) {
    log.error('a counter may be too low', { scope, day, counts, error: error as Error });
    return true;
  }
}
