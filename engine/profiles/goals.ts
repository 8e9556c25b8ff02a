import { aimsAt, conversionsBy } from '../../core/campaigns/conversions.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { type Aiming, reachesGoal } from '../../core/journeys/exit-and-resume.ts';
import { convertedEvent, goalReachedEvent, type MetricEvent, splitGoalEvent } from '../../core/metrics/metric-event.ts';
import type { Activity, NewRun } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { Run } from '../../core/runs/run.ts';
import type { ProfileDeps } from './deps.ts';
import { traitsAt } from './traits.ts';

type GoalDeps = Pick<ProfileDeps, 'runs' | 'profiles'>;

/** Most runs of one journey and profile whose goal is checked. */
const MAX_RUNS = 50;

interface Input {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  fresh: CairnEvent[];
  /** Runs that start with these events. */
  entered: NewRun[];
  snapshot: Snapshot;
  now: EpochMs;
}

/**
 * Returns the metric events of the goals that these events reach, for runs that are open, start now or have ended. Also finds goals that were
 * committed before the entry although their timestamps are later. Goals only measure: they change no run.
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
    for (const run of input.entered.filter(({ journey, isTest }) => journey === id && !isTest)) {
      const reached = [...(await earlier(deps, input, run, goal.event)), ...events].find((event) =>
        reachesGoal(definition, run, event, trait),
      );
      if (reached !== undefined) metricEvents.push(goalReachedEvent(id, run.entry, reached.at));
    }
  }
  return [...metricEvents, ...(await conversions(deps, input, trait))];
}

/** What is sent to a customer is known for as long as caps look back, 31 days at least. It is read only if a campaign's goal names the event. */
async function conversions(
  { profiles }: GoalDeps,
  { key, fresh, snapshot: { campaigns = [] } }: Input,
  trait: (name: string) => unknown,
): Promise<MetricEvent[]> {
  const aiming = campaigns.filter(({ definition }) => fresh.some((event) => aimsAt(definition, event)));
  if (aiming.length === 0) return [];
  const sends = await profiles.readSends(key);
  return aiming.flatMap((campaign) =>
    fresh.flatMap((event) =>
      conversionsBy(event, campaign, sends, trait).map((conversion) => convertedEvent(conversion, key, event.at)),
    ),
  );
}

type Reaching = Aiming & Partial<Pick<Run, 'visits' | 'test'>>;

/** Returns a metric event for each split that the run has already passed. `advance-run` adds those of later splits. */
const splitGoals = (run: Reaching, at: EpochMs): MetricEvent[] =>
  Object.entries(run.visits ?? {}).flatMap(([node, { way }]) =>
    way === undefined ? [] : [splitGoalEvent(run, { node, way }, at)],
  );

/** Returns the events that were committed before the entry although their timestamps are later. */
async function earlier(deps: GoalDeps, { key, activity }: Input, run: NewRun, name: string): Promise<CairnEvent[]> {
  if ((activity.lastAt ?? 0) <= run.at) return [];
  const { events } = await deps.profiles.history(key, { from: run.at + 1, names: new Set([name]) });
  return events;
}

/** Returns the open runs, and the newest of the ended ones. */
async function runsOf(deps: GoalDeps, { key, activity }: Input, journey: string): Promise<Reaching[]> {
  const open = Object.values(activity.openRuns).filter((run) => run.journey === journey && !run.isTest);
  const { entries } = await deps.runs.byJourneyOf(journey, [key], { limit: MAX_RUNS });
  const ended = entries.filter((entry) => !open.some((run) => run.entry === entry));
  const runs = await Promise.all([
    // A run that has just started may have no item yet, and so no data for `same`.
    ...open.map(async (run) => (await deps.runs.get(run.entry)) ?? { ...run, profile: key, data: {} }),
    ...ended.map((entry) => deps.runs.get(entry)),
  ]);
  return runs.filter((run) => run !== undefined).filter((run: Reaching) => run.test === undefined);
}
