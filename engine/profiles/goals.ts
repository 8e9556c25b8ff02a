import { conversionsBy, lastOf } from '../../core/campaigns/conversions.ts';
import type { LiveJourney, Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { ruleTurnedEvent } from '../../core/events/internal.ts';
import type { ReachableGoal } from '../../core/goals/own-goal.ts';
import { isAbout, isReachable } from '../../core/goals/reach.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { type GoalRun, reachesGoal } from '../../core/journeys/exit-and-resume.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { journeyScope } from '../../core/messages/source.ts';
import {
  type ByMessage,
  convertedEvent,
  goalReachedEvent,
  recipientRevenueEvent,
  runRevenueEvent,
} from '../../core/metrics/conversion-events.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { splitGoalEvent } from '../../core/metrics/run-events.ts';
import type { Activity, NewRun } from '../../core/profiles/activity.ts';
import type { CountedSends } from '../../core/profiles/counted-sends.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { Run } from '../../core/runs/run.ts';
import type { ProfileDeps } from './deps.ts';
import { type Sale, salesAmong } from './sales.ts';
import { traitsAt } from './traits.ts';

type GoalDeps = Pick<ProfileDeps, 'runs' | 'profiles'>;

/** Most runs of one journey and profile whose goal is checked. */
const MAX_RUNS = 50;

export interface GoalInput {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  fresh: CairnEvent[];
  /** Tags and segments that turn with them. */
  turned: CairnEvent[];
  /** Runs that start with these events. */
  entered: NewRun[];
  snapshot: Snapshot;
  now: EpochMs;
}

interface Checking extends GoalInput {
  deps: GoalDeps;
  trait: (name: string) => unknown;
  /** Orders that may be a goal, and what they and their refunds change. */
  sales: Sale[];
  /** Messages that were sent to the customer; read at the first goal that is reached. */
  sends: () => Promise<CountedSends>;
}

/**
 * Returns the metric events of the goals that these events reach, for runs that are open, start now or have ended, and for recipients of campaigns; and
 * of the money that came with them, or was given back. Also finds goals that were committed before the entry although their timestamps are later. Goals
 * only measure: they change no run.
 */
export async function goalsReached(deps: GoalDeps, input: GoalInput): Promise<MetricEvent[]> {
  const { trait } = traitsAt(input.profile, input.activity, input.snapshot, input.now);
  let read: Promise<CountedSends> | undefined;
  const sends = () => {
    read ??= deps.profiles.readSends(input.key);
    return read;
  };
  const checking = { ...input, deps, trait, sends, sales: await salesAmong(deps, input) };
  const metricEvents: MetricEvent[] = [];
  for (const journey of input.snapshot.journeys) metricEvents.push(...(await ofJourney(checking, journey)));
  return [...metricEvents, ...(await conversions(checking))];
}

async function ofJourney(checking: Checking, live: LiveJourney): Promise<MetricEvent[]> {
  const { deps, entered, fresh, turned, sales } = checking;
  const { id, definition } = live;
  const { goal } = definition;
  if (!isReachable(goal)) return [];
  const events = [...fresh, ...turned].filter((event) => isAbout(goal, event));
  const sold = sales.filter(({ event }) => isAbout(goal, event));
  const reaching: [Reaching, ReachedBy][] = [];
  for (const run of events.length + sold.length === 0 ? [] : await runsOf(checking, id))
    reaching.push([run, { events, sold }]);
  for (const run of entered.filter(({ journey, isTest }) => journey === id && !isTest)) {
    const before = await earlier(deps, checking, run, goal);
    const earlierSales = before.length === 0 ? [] : await salesAmong(deps, { ...checking, fresh: before });
    reaching.push([run, { events: [...before, ...events], sold: [...earlierSales, ...sold] }]);
  }
  const metricEvents: MetricEvent[] = [];
  // An order of several runs brings its revenue to the newest: of events with one mark, the first counts.
  for (const [run, by] of reaching.sort(([a], [b]) => b.at - a.at))
    metricEvents.push(...(await reachedBy(checking, definition, run, by)));
  return firstOfEach(metricEvents);
}

const firstOfEach = (metricEvents: readonly MetricEvent[]): MetricEvent[] => {
  const marks = new Set<string>();
  return metricEvents.filter(({ once }) => once === undefined || (!marks.has(once) && marks.add(once)));
};

interface ReachedBy {
  events: readonly CairnEvent[];
  sold: readonly Sale[];
}

/** Metric events of a run's goal by these events, and by these and earlier sales. */
async function reachedBy(
  { trait, sends, key }: Checking,
  journey: Journey,
  run: Reaching,
  { events, sold }: ReachedBy,
): Promise<MetricEvent[]> {
  const reached = events.find((event) => reachesGoal(journey, run, event, trait));
  const sales = sold.filter(({ event }) => reachesGoal(journey, run, event, trait));
  if (reached === undefined && sales.length === 0) return [];
  const sent = await sends();
  const by = (at: EpochMs) => ({ run: { ...run, profile: key }, message: lastMessage(sent, journey, run, at) });
  return [
    ...(reached === undefined ? [] : [goalReachedEvent(by(reached.at), reached.at), ...splitGoals(run, reached.at)]),
    ...sales.flatMap(({ event, revenue }) => revenue.map((one) => runRevenueEvent(by(event.at), one))),
  ];
}

/** The last message of the run's journey that was sent between the entry and this instant. */
function lastMessage(sends: CountedSends, journey: Journey, run: Reaching, until: EpochMs): ByMessage | undefined {
  const source = journeyScope(run.journey);
  const [last] = Object.values(sends)
    .filter((send) => send.source === source && !send.isWaiting && send.at >= run.at && send.at <= until)
    .sort((a, b) => b.at - a.at);
  if (last === undefined) return undefined;
  const template = last.template ?? templateOfNode(journey, last.node);
  return {
    sentAt: last.at,
    dimensions: {
      channel: last.channel,
      ...(last.node === undefined ? {} : { node: last.node }),
      ...(template === undefined ? {} : { template }),
    },
  };
}

/** That of the live version: the best guess of what was sent before templates were kept. */
function templateOfNode({ nodes }: Journey, name: string | undefined): string | undefined {
  const node = name === undefined ? undefined : nodes[name];
  return node?.type === 'send' ? node.template : undefined;
}

/** Messages to a customer are known for as long as caps look back, 31 days at least. It is read only if a campaign's goal names the event. */
async function conversions({ key, fresh, turned, sales, sends, snapshot, trait }: Checking): Promise<MetricEvent[]> {
  const asked = [...fresh, ...turned, ...sales.map(({ event }) => event)];
  const aiming = (snapshot.campaigns ?? []).filter(({ definition }) =>
    asked.some((event) => isAbout(definition.goal, event)),
  );
  if (aiming.length === 0) return [];
  const sent = await sends();
  return aiming.flatMap((campaign) => [
    ...[...fresh, ...turned].flatMap((event) =>
      conversionsBy(event, campaign, sent, trait).map((conversion) => convertedEvent(conversion, key, event.at)),
    ),
    ...sales.flatMap(({ event, revenue }) => {
      const last = lastOf(conversionsBy(event, campaign, sent, trait));
      return last === undefined ? [] : revenue.map((one) => recipientRevenueEvent(last, key, one));
    }),
  ]);
}

type Reaching = GoalRun & Partial<Pick<Run, 'visits' | 'test' | 'version'>>;

/** Returns a metric event for each split that the run has already passed. `advance-run` adds those of later splits. */
const splitGoals = (run: Reaching, at: EpochMs): MetricEvent[] =>
  Object.entries(run.visits ?? {}).flatMap(([node, { way }]) =>
    way === undefined ? [] : [splitGoalEvent(run, { node, way }, at)],
  );

/** Returns the events that were committed before the entry although their timestamps are later. */
async function earlier(
  deps: GoalDeps,
  { key, activity }: GoalInput,
  run: NewRun,
  goal: ReachableGoal,
): Promise<CairnEvent[]> {
  if ('tag' in goal) return turnedSince(run.at, goal, activity);
  if ((activity.lastAt ?? 0) <= run.at) return [];
  const { events } = await deps.profiles.history(key, { from: run.at + 1, names: new Set([goal.event]) });
  return events;
}

/** The turning on of the goal's tag after this instant, if the profile has it still. */
export const turnedSince = (at: EpochMs, { tag }: { tag: string }, { tags }: Pick<Activity, 'tags'>): CairnEvent[] => {
  const held = tags[tag];
  return held === undefined || held.since <= at ? [] : [ruleTurnedEvent(tag, true, 0, held.since)];
};

/** Returns the open runs, and the newest of the ended ones. */
async function runsOf({ deps, key, activity }: Checking, journey: string): Promise<Reaching[]> {
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
