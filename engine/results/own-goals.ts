import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { OwnGoal, ReachableGoal } from '../../core/goals/own-goal.ts';
import { goalTimeMs, isReachable } from '../../core/goals/reach.ts';
import { campaignScope, journeyScope } from '../../core/messages/source.ts';
import { cellScope } from '../../core/metrics/cells.ts';
import type { GoalShare, GoalShareQuestion } from '../../core/results/sql/goal-shares.ts';
import { addDays, type LocalDate } from '../../core/time/calendar.ts';
import { localDate, spanOfDates, startOfDate } from '../../core/time/local.ts';
import { sumOf } from '../metrics/sum.ts';
import { changeStanding, earliest, type GoalDeps, type GoalStanding, periodOf, shareOf } from './goal-standing.ts';
import { ownRateStanding } from './rate-standing.ts';

/** A campaign or journey with a goal that has a target, or a figure that is to change. */
export interface Promising {
  scope: 'campaign' | 'journey';
  id: string;
  name: string;
  owner?: string | undefined;
  goal: OwnGoal;
}

const YEAR_DAYS = 365;

export const isPromise = (goal: OwnGoal | undefined): goal is OwnGoal =>
  goal !== undefined && (!isReachable(goal) || goal.target !== undefined);

/** Those who were sent to (in a journey: who entered) in the year before today, or before the goal's last day. */
export async function ownGoalStanding(
  deps: GoalDeps,
  snapshot: Pick<Snapshot, 'settings' | 'computed'>,
  { scope, id, name, owner, goal }: Promising,
): Promise<GoalStanding> {
  const today = localDate(deps.clock(), snapshot.settings.timezone);
  const common = { scope, id, name, owner: goal.owner ?? owner, to: goal.by ?? today };
  if (!isReachable(goal)) {
    const kind = scope === 'campaign' ? 'campaigns' : 'journeys';
    const { timezone } = snapshot.settings;
    const first = localDate((await deps.definitions.version(kind, id, 1))?.at ?? deps.clock(), timezone);
    const among = { scope, id, since: startOfDate(first, timezone) };
    const period = periodOf(first, goal.by, today, timezone);
    const values =
      'rate' in goal
        ? await ownRateStanding(deps, goal, cellScope(scope, id), { ...period, from: laterOf(first, period.last) })
        : await changeStanding(deps, snapshot, goal, { ...period, among });
    return { ...common, from: first, ...values };
  }
  const last = earliest(common.to, today);
  return { ...common, ...(await reachedOf(deps, snapshot.settings, { scope, id, goal }, last)) };
}

/** Cells are read of at most a year. */
const laterOf = (first: LocalDate, last: LocalDate): LocalDate => {
  const yearBefore = addDays(last, -YEAR_DAYS);
  return first > yearBefore ? first : yearBefore;
};

interface Reaching {
  scope: 'campaign' | 'journey';
  id: string;
  goal: ReachableGoal;
}

async function reachedOf(
  { metrics, facts }: GoalDeps,
  { timezone }: Snapshot['settings'],
  { scope, id, goal }: Reaching,
  last: LocalDate,
) {
  const target = goal.target ?? 0;
  const counters = scope === 'journey' ? journeyScope(id) : campaignScope(id);
  // The counters have days of UTC.
  const read = await metrics.read(counters, addDays(last, -YEAR_DAYS), addDays(last, 1));
  const from = earliest(read[0]?.day ?? last, last);
  if ('tag' in goal && goal.from !== undefined) {
    const time = goalTimeMs(goal);
    const question: GoalShareQuestion = {
      query: 'goal-share',
      scope,
      id,
      ...spanOfDates(addDays(from, -1), last, timezone),
      first: goal.from.tag,
      within: Number.isFinite(time) ? time : undefined,
    };
    const { people = 0, reached = 0 } = (await facts.ask<GoalShare>({ ...question }))[0] ?? {};
    return { from, ...shareOf('share', reached, people, target) };
  }
  const counts = sumOf(read);
  const sent = (counts.sent ?? 0) + (counts.settled ?? 0) - (counts['left:sent'] ?? 0);
  const [of, reached] = scope === 'journey' ? [counts.entered ?? 0, counts.goal ?? 0] : [sent, counts.converted ?? 0];
  return { from, ...shareOf('converted', reached, of, target) };
}
