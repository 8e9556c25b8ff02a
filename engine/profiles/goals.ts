import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { type Aiming, reachesGoal } from '../../core/journeys/exit-and-resume.ts';
import { goalReachedEvent, type MetricEvent, splitGoalEvent } from '../../core/metrics/metric-event.ts';
import type { Activity, NewRun } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { Run } from '../../core/runs/run.ts';
import type { ProfileDeps } from './deps.ts';
import { traitsAt } from './traits.ts';

type GoalDeps = Pick<ProfileDeps, 'runs' | 'profiles'>;

/** Runs of one journey and profile that a goal is looked for in. */
const MAX_RUNS = 50;

interface Input {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  fresh: CairnEvent[];
  /** Runs that begin with these events. */
  entered: NewRun[];
  snapshot: Snapshot;
  now: EpochMs;
}

/**
 * Goals that these events reach, of runs that are open, begin or have ended; and goals that had come before the entry that they follow by
 * timestamp. They measure, and decide nothing.
 */
export async function goalsReached(deps: GoalDeps, input: Input): Promise<MetricEvent[]> {
  const { trait } = traitsAt(input.profile, input.activity, input.snapshot, input.now);
  const metricEvents: MetricEvent[] = [];
  for (const { id, definition } of input.snapshot.journeys) {
    const { goal } = definition;
    if (goal === undefined) continue;
    const events = input.fresh.filter(({ name }) => name === goal.event);
    for (const run of events.length === 0 ? [] : await runsOf(deps, input, id)) {
      const reached = events.find((event) => reachesGoal(definition, run, event, trait));
      if (reached !== undefined)
        metricEvents.push(goalReachedEvent(id, run.entry, reached.at), ...splitGoals(run, reached.at));
    }
    for (const run of input.entered.filter(({ journey }) => journey === id)) {
      const reached = [...(await earlier(deps, input, run, goal.event)), ...events].find((event) =>
        reachesGoal(definition, run, event, trait),
      );
      if (reached !== undefined) metricEvents.push(goalReachedEvent(id, run.entry, reached.at));
    }
  }
  return metricEvents;
}

type Reaching = Aiming & Partial<Pick<Run, 'visits'>>;

/** By the splits that it has come to. Of those that it comes to later, whoever walks it looks for the goal. */
const splitGoals = (run: Reaching, at: EpochMs): MetricEvent[] =>
  Object.entries(run.visits ?? {}).flatMap(([node, { way }]) =>
    way === undefined ? [] : [splitGoalEvent(run, { node, way }, at)],
  );

/** Committed before the entry, though by timestamp they come after it. */
async function earlier(deps: GoalDeps, { key, activity }: Input, run: NewRun, name: string): Promise<CairnEvent[]> {
  if ((activity.lastAt ?? 0) <= run.at) return [];
  const { events } = await deps.profiles.history(key, { from: run.at + 1, names: new Set([name]) });
  return events;
}

/** The open ones, and of those that have ended the newest. */
async function runsOf(deps: GoalDeps, { key, activity }: Input, journey: string): Promise<Reaching[]> {
  const open = Object.values(activity.openRuns).filter((run) => run.journey === journey);
  const { entries } = await deps.runs.byJourneyOf(journey, [key], { limit: MAX_RUNS });
  const ended = entries.filter((entry) => !open.some((run) => run.entry === entry));
  const runs = await Promise.all([
    // One that has just begun may have no item yet, and so nothing that `same` could compare.
    ...open.map(async (run) => (await deps.runs.get(run.entry)) ?? { ...run, profile: key, data: {} }),
    ...ended.map((entry) => deps.runs.get(entry)),
  ]);
  return runs.filter((run) => run !== undefined);
}
