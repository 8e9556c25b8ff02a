import type { LiveGoal, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EventGoal, StateGoal } from '../../core/goals/schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { ALL_CELLS, cellScope, REPORT_SCOPES } from '../../core/metrics/cells.ts';
import type { GoalPeople, GoalStates } from '../../core/results/sql/goals.ts';
import { localDate } from '../../core/time/local.ts';
import {
  changeStanding,
  type GoalDeps,
  type GoalStanding,
  type Period,
  periodOf,
  type StandingValues,
  shareOf,
} from './goal-standing.ts';
import { isPromise, ownGoalStanding } from './own-goals.ts';
import { rateStanding } from './rate-standing.ts';

const CONCURRENCY = 8;

/** Names of all goals, in order. */
export const goalNamesIn = ({ campaigns = [], journeys, goals = [] }: Snapshot): string[] =>
  [
    ...campaigns.filter(({ definition: { goal } }) => isPromise(goal)).map(({ id }) => `campaign/${id}`),
    ...journeys.filter(({ definition: { goal } }) => isPromise(goal)).map(({ id }) => `journey/${id}`),
    ...goals.map(({ id }) => `goal/${id}`),
  ].sort();

/** Where these goals stand. */
export async function goalStandings(
  deps: GoalDeps,
  snapshot: Snapshot,
  names: readonly string[],
): Promise<GoalStanding[]> {
  const found = await mapWithConcurrency(CONCURRENCY, names, async (name) => {
    const [scope, id = ''] = name.split('/');
    if (scope === 'goal') {
      const goal = snapshot.goals?.find((one) => one.id === id);
      return goal === undefined ? [] : [await standingOf(deps, snapshot, goal)];
    }
    const kind = scope === 'journey' ? 'journey' : 'campaign';
    const of = kind === 'journey' ? snapshot.journeys : (snapshot.campaigns ?? []);
    const definition = of.find((one) => one.id === id)?.definition;
    if (!isPromise(definition?.goal)) return [];
    const { name: title, goal } = definition;
    const owner = 'owner' in definition ? definition.owner : undefined;
    return [await ownGoalStanding(deps, snapshot, { scope: kind, id, name: title, owner, goal })];
  });
  return found.flat();
}

async function standingOf(deps: GoalDeps, snapshot: Snapshot, { id, definition }: LiveGoal): Promise<GoalStanding> {
  const { timezone } = snapshot.settings;
  const today = localDate(deps.clock(), timezone);
  const first = (await deps.definitions.version('goals', id, 1))?.at ?? deps.clock();
  const period = periodOf(definition.since ?? localDate(first, timezone), definition.by, today, timezone);
  const { name, owner } = definition;
  const common = { scope: 'goal' as const, id, name, owner, from: period.from, to: period.to };
  if ('event' in definition) return { ...common, ...(await peopleStanding(deps, id, definition, period)) };
  if ('rate' in definition) {
    const [scope, rated] = definition.of?.split(':') ?? [];
    const of = REPORT_SCOPES.find((one) => one === scope);
    const cells = of === undefined ? ALL_CELLS : cellScope(of, rated ?? '');
    return { ...common, ...(await rateStanding(deps, definition, cells, period)) };
  }
  if ('tag' in definition) return { ...common, ...(await shareStanding(deps, definition, period)) };
  return { ...common, ...(await changeStanding(deps, snapshot, definition, period)) };
}

/** On track: as many as of the time have come. */
async function peopleStanding(
  { facts }: GoalDeps,
  goal: string,
  { target }: EventGoal,
  { span, passed }: Period,
): Promise<StandingValues> {
  const [found] = await facts.ask<GoalPeople>({ query: 'goal-people', goal, ...span });
  const actual = found?.people ?? 0;
  return { metric: 'people', target, actual, onTrack: actual >= target * passed };
}

async function shareStanding(
  { facts }: GoalDeps,
  { tag, from, target }: StateGoal,
  { span }: Period,
): Promise<StandingValues> {
  const question = { query: 'goal-states', first: from.tag, then: tag, ...span };
  const { people = 0, reached = 0 } = (await facts.ask<GoalStates>(question))[0] ?? {};
  return shareOf('share', reached, people, target);
}
