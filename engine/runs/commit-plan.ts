import type { Walked } from '../../core/journeys/walk-ports.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { runEndedEvents, wayEvents } from '../../core/metrics/run-events.ts';
import type { Plan, Run } from '../../core/runs/run.ts';
import type { RunDeps } from './deps.ts';
import { goalsBeforeSplits } from './split-goals.ts';

/** The executor that has committed a plan counts its nodes, and the run's end, and executes it; a retry only executes it. */
export async function withMetrics<Result>(
  deps: RunDeps,
  run: Run,
  { plan, way }: Pick<Walked, 'plan' | 'way'>,
  work: () => Promise<Result>,
  more: MetricEvent[] = [],
) {
  const { at, next } = plan;
  const ended = next.kind === 'end' ? runEndedEvents(run, next.outcome ?? 'ended', at) : [];
  const publishMetrics = async () => {
    await deps.metricEvents.publish([...more, ...wayEvents(run, way, at), ...ended]);
    await deps.metricEvents.publish(await goalsBeforeSplits(deps, run, way));
  };
  // Also if the work fails: its retry counts nothing.
  const [done, published] = await Promise.allSettled([work(), publishMetrics()]);
  if (done.status === 'rejected') throw done.reason;
  if (published.status === 'rejected') throw published.reason;
  return done.value;
}

/**
 * Returns the fields that a plan commit writes. The same write closes the run if the plan is the last, whose actions follow, and parks it if the plan
 * halts without actions.
 */
export function committed(run: Run, walked: { plan: Plan; data: Run['data']; visits: Run['visits'] }) {
  const { plan, data, visits } = walked;
  const { next } = plan;
  const bare = plan.actions.length === 0;
  return {
    plan,
    node: next.kind === 'end' ? (run.node ?? 'end') : next.node,
    leftAt: plan.at,
    data,
    visits,
    commits: run.commits,
    // `finish` parks a run that rests for a held message, with its claim.
    park: bare && next.kind === 'park' && next.held === undefined ? { dueAt: next.resumeAt } : undefined,
    end: next.kind === 'end' ? { outcome: next.outcome, at: plan.at } : undefined,
  };
}
