import { CHANNELS } from '../../core/channels/registry.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { counterOf } from '../../core/metrics/buckets.ts';
import { isOfRows, sumRecordings } from '../../core/metrics/recorded.ts';
import type { CountedFacts } from '../../core/results/sql/counts.ts';
import type { Metrics } from '../metrics/ports.ts';
import type { Log } from '../ports.ts';
import { queryFacts } from './query-facts.ts';
import type { LakeDeps } from './with-facts.ts';

export interface LakeDriftDeps extends LakeDeps {
  metrics: Pick<Metrics, 'read'>;
  /** Reports by how much the lake differs from the counters. */
  report: (drift: number) => void;
  log: Pick<Log, 'warn'>;
}

type Counts = Record<string, number>;
const CONCURRENCY = 8;
/** Scopes that a log line names at most. */
const NAMED = 20;

/**
 * Counts a day's facts about messages in the lake, and compares them with the counters of channels and templates, which the recount has corrected by then. It
 * corrects nothing: a fact that was never published is in no file.
 */
export async function checkLake(deps: LakeDriftDeps, day: string): Promise<void> {
  const lake = byScope((await queryFacts(deps, { query: 'counts', day })) as CountedFacts[]); // what that question answers
  const scopes = [...new Set([...CHANNELS.map((channel) => `channel:${channel}`), ...lake.keys()])];
  const differing = await mapWithConcurrency(CONCURRENCY, scopes, async (scope) => {
    const [stored] = await deps.metrics.read(scope, day, day);
    const differences = differencesOf(scope, lake.get(scope) ?? {}, sumRecordings(stored?.counts ?? {}));
    return { scope, differences, sum: Object.values(differences).reduce((sum, by) => sum + Math.abs(by), 0) };
  });
  // A fact is one in each of its scopes.
  const drift = Math.max(
    ...['channel:', 'template:'].map((kind) =>
      differing.filter(({ scope }) => scope.startsWith(kind)).reduce((all, { sum }) => all + sum, 0),
    ),
  );
  deps.report(drift);
  const named = differing.filter(({ sum }) => sum > 0).slice(0, NAMED);
  if (drift > 0) deps.log.warn('the lake differs from the counters', { day, drift, scopes: named });
}

function byScope(facts: readonly CountedFacts[]): Map<string, Counts> {
  const scopes = new Map<string, Counts>();
  for (const { channel, template, metric, standing, detail, machine, count } of facts) {
    const counter = counterOf({
      metric,
      machine,
      ...(standing === null ? {} : { standing }),
      ...(detail === null ? {} : { detail }),
    });
    for (const scope of [channel && `channel:${channel}`, template && `template:${template}`]) {
      if (!scope) continue;
      const counts = scopes.get(scope) ?? {};
      scopes.set(scope, { ...counts, [counter]: (counts[counter] ?? 0) + count });
    }
  }
  return scopes;
}

/** Differences between the lake and the counters, for counters that the rows of messages have. */
function differencesOf(scope: string, lake: Counts, counted: Counts): Counts {
  const counters = [...new Set([...Object.keys(lake), ...Object.keys(counted)])].filter((counter) =>
    isOfRows(scope, counter),
  );
  return Object.fromEntries(
    counters.flatMap((counter) => {
      const by = (lake[counter] ?? 0) - (counted[counter] ?? 0);
      return by === 0 ? [] : [[counter, by]];
    }),
  );
}
