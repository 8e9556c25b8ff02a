import type { EpochMs, ProfileKey } from '../ids.ts';
import type { Step } from '../journeys/walk-ports.ts';
import type { Plan, Run } from '../runs/run.ts';
import type { Dimensions, MetricEvent } from './metric-event.ts';

export type RunRef = {
  entry: string;
  profile: ProfileKey;
  journey: string;
  version?: number | undefined;
  test?: unknown;
};
/** Nothing counts what a test does. */
const unlessTest = ({ test }: RunRef, ...events: MetricEvent[]): MetricEvent[] => (test === undefined ? events : []);
export const ofRun = ({ journey, version }: RunRef): Dimensions => ({
  journey,
  ...(version === undefined ? {} : { version }),
});
/** Names the run and its profile. */
export const runFields = ({ entry, profile }: Pick<RunRef, 'entry' | 'profile'>) => ({ run: entry, profile });
const atNode = (run: RunRef, node: string): Dimensions => ({ ...ofRun(run), node });

export const runEnteredEvents = (run: RunRef & { at: EpochMs }): MetricEvent[] =>
  unlessTest(run, { at: run.at, of: 'run', metric: 'entered', dimensions: ofRun(run), ...runFields(run) });

/** Published only by the executor whose write closed the run. */
export const runEndedEvents = (run: RunRef, outcome: string, at: EpochMs): MetricEvent[] =>
  unlessTest(run, { at, of: 'run', metric: 'outcome', detail: outcome, dimensions: ofRun(run), ...runFields(run) });

/**
 * A run moves through the nodes. In a loop it counts each time, but a split's way once per run, because it is always the same. `run`: as it was before.
 * Published only by the executor that committed the move.
 */
export function wayEvents(run: RunRef & { visits: Run['visits'] }, way: readonly Step[], at: EpochMs): MetricEvent[] {
  if (run.test !== undefined) return [];
  const passed = new Set(Object.keys(run.visits).filter((node) => run.visits[node]?.way !== undefined));
  const event = (node: string, metric: string, detail?: string): MetricEvent => ({
    at,
    of: 'node',
    metric,
    ...(detail === undefined ? {} : { detail }),
    dimensions: atNode(run, node),
    ...runFields(run),
  });
  return way.flatMap(({ from, to, way: name }): MetricEvent[] => {
    if (from === undefined) return [event(to, 'entered')];
    const isFirst = name !== undefined && !passed.has(from);
    passed.add(from);
    return [event(from, 'left', to), ...(isFirst ? [event(from, 'way', name)] : []), event(to, 'entered')];
  });
}

/** A run reached its goal, counted under the way of a split that it took: once, whichever came first. */
export const splitGoalEvent = (
  run: RunRef,
  { node, way }: { node: string; way: string },
  at: EpochMs,
): MetricEvent => ({
  once: `${run.entry}:goal:${node}`,
  at,
  of: 'node',
  metric: 'goal',
  detail: way,
  dimensions: atNode(run, node),
  ...runFields(run),
});

/**
 * An exit, an archive or a merge has ended the run at its stop. If its last plan was committed, it has left the stop already. Published only by the
 * executor whose write closed the run.
 */
export const runInterruptedEvents = (
  run: RunRef & { node?: string; plan?: Pick<Plan, 'next'> },
  at: EpochMs,
): MetricEvent[] =>
  run.node === undefined || run.plan?.next.kind === 'end'
    ? []
    : unlessTest(run, { at, of: 'node', metric: 'taken', dimensions: atNode(run, run.node), ...runFields(run) });

/** A run goes on in another version of its journey, from its stop there. Published only by the executor that committed its first plan there. */
export const runMigratedEvents = (
  before: RunRef & { node?: string },
  after: RunRef & { node?: string },
  at: EpochMs,
): MetricEvent[] =>
  (
    [
      [before, 'out'],
      [after, 'in'],
    ] as const
  ).flatMap(([run, detail]) =>
    run.node === undefined
      ? []
      : unlessTest(run, { at, of: 'node', metric: 'migrated', detail, dimensions: atNode(run, run.node) }),
  );

export const entryRefusedEvent = (
  journey: string,
  event: { id: string; at: EpochMs },
  { reason, profile }: { reason: string; profile: ProfileKey },
): MetricEvent => ({
  once: `${journey}:${event.id}:refused`,
  at: event.at,
  of: 'run',
  metric: 'refused',
  detail: reason,
  dimensions: { journey },
  profile,
});
