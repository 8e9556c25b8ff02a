import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { journeyScope } from '../../core/messages/source.ts';
import type { FunnelAnswer, FunnelQuestion } from '../../core/results/sql/funnel.ts';
import { DAY_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { Clock } from '../ports.ts';
import type { FactQueries } from '../results/ports.ts';
import type { Metrics } from './ports.ts';
import { type Counts, sumOf } from './sum.ts';

export interface CountDeps {
  metrics: Pick<Metrics, 'read'>;
  facts: FactQueries;
  clock: Clock;
}

/** `to` is not included. */
interface Span {
  from: EpochMs;
  to: EpochMs;
}

/** Counts of a journey's nodes; of `undefined`, of its runs. */
export type CountsOf = (node: string | undefined) => Counts;

const CONCURRENCY = 10;

/**
 * What happened in a journey, over all versions. Counters have days of UTC, and a report those of the settings' timezone: the days of UTC that lie in the
 * report only in part are asked of the data lake, if anything was counted on them.
 */
export async function journeyCounts(
  deps: CountDeps,
  journey: string,
  nodes: readonly string[],
  span: Span,
): Promise<CountsOf> {
  const { whole, parts } = divided(span, deps.clock());
  const read = await mapWithConcurrency(CONCURRENCY, [undefined, ...nodes], async (node) => {
    const days = await deps.metrics.read(journeyScope(journey, node), utcDay(span.from), utcDay(span.to - 1));
    return { node, days };
  });
  const isIn = (day: string, { from, to }: Span) => day >= utcDay(from) && day <= utcDay(to - 1);
  const asked = parts.filter((part) => read.some(({ days }) => days.some(({ day }) => isIn(day, part))));
  const found = await Promise.all(asked.map((part) => factCounts(deps, { journey, ...part })));
  const counts = new Map(
    read.map(({ node, days }) => {
      const counted = whole === undefined ? [] : days.filter(({ day }) => isIn(day, whole));
      return [node, sumOf([...counted, ...found.map((of) => ({ counts: of(node) }))])] as const;
    }),
  );
  return (node) => counts.get(node) ?? {};
}

/** The same by facts alone. */
export async function factCounts(
  { facts }: Pick<CountDeps, 'facts'>,
  of: Omit<FunnelQuestion, 'query'>,
): Promise<CountsOf> {
  const answers = await facts.ask<FunnelAnswer>({ query: 'funnel', ...of });
  return (node) =>
    Object.fromEntries(
      answers.filter((answer) => answer.node === (node ?? null)).map(({ counter, count }) => [counter, count]),
    );
}

/** Days of UTC, and what is left of others before and after them. What is still to come leaves no part. */
function divided({ from, to }: Span, now: EpochMs): { whole?: Span; parts: Span[] } {
  const first = Math.ceil(from / DAY_MS) * DAY_MS;
  const last = (to > now ? Math.ceil(to / DAY_MS) : Math.floor(to / DAY_MS)) * DAY_MS;
  if (first >= last) return { parts: [{ from, to }] };
  const parts = [
    { from, to: first },
    { from: last, to },
  ].filter((part) => part.from < part.to);
  return { whole: { from: first, to: last }, parts };
}
