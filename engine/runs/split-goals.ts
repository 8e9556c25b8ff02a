import { eventOfGoal, isReachable } from '../../core/goals/reach.ts';
import { reachesGoal } from '../../core/journeys/exit-and-resume.ts';
import type { Step } from '../../core/journeys/walk-ports.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { splitGoalEvent } from '../../core/metrics/run-events.ts';
import { emptyActivity } from '../../core/profiles/activity.ts';
import type { Run } from '../../core/runs/run.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { turnedSince } from '../profiles/goals.ts';
import { traitsAt } from '../profiles/traits.ts';
import type { RunDeps } from './deps.ts';
import { timelineOf } from './timeline.ts';

/**
 * If a run that comes to a split has reached its goal before, returns the goal's metric events. It reads the timeline after the commit of the visit;
 * for an event that is committed later, `goalsReached` finds the visit. Both create the same metric event.
 */
export async function goalsBeforeSplits(deps: RunDeps, run: Run, way: readonly Step[]): Promise<MetricEvent[]> {
  const splits = way.flatMap(({ from, way: name }) =>
    from === undefined || name === undefined ? [] : [{ node: from, way: name }],
  );
  if (splits.length === 0 || run.test !== undefined) return [];
  const { snapshot } = await deps.catalog.snapshot();
  const journey = snapshot.journeys.find(({ id }) => id === run.journey)?.definition;
  if (journey === undefined || !isReachable(journey.goal)) return [];
  const named = eventOfGoal(journey.goal);
  const { home, events: found } = await timelineOf(deps.profiles, run.profile, {
    from: run.at,
    names: new Set(named === undefined ? [] : [named]),
  });
  if (named !== undefined && found.length === 0) return [];
  const caughtUp = await caughtUpNow(deps, home);
  const events =
    'tag' in journey.goal ? turnedSince(run.at, journey.goal, caughtUp.activity ?? emptyActivity()) : found;
  const { trait } = traitsAt(home.profile, caughtUp.activity, caughtUp.snapshot, deps.clock());
  const reached = events.find((event) => reachesGoal(journey, run, event, trait));
  return reached === undefined ? [] : splits.map((split) => splitGoalEvent(run, split, reached.at));
}
