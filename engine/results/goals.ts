import type { LiveGoal, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EventGoal, FigureGoal, StateGoal } from '../../core/goals/schema.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { campaignScope, journeyScope } from '../../core/messages/source.ts';
import { figureOf } from '../../core/results/customer-facts.ts';
import type { GoalFigure, GoalPeople, GoalStates } from '../../core/results/sql/goals.ts';
import { addDays, daysBetween, type LocalDate } from '../../core/time/calendar.ts';
import { localDate, spanOfDates, startOfDate } from '../../core/time/local.ts';
import type { DefinitionStore } from '../definitions/ports.ts';
import type { Metrics } from '../metrics/ports.ts';
import { sumOf } from '../metrics/sum.ts';
import type { Clock } from '../ports.ts';
import type { FactQueries } from './ports.ts';

export interface GoalDeps {
  metrics: Pick<Metrics, 'read'>;
  definitions: Pick<DefinitionStore, 'version'>;
  facts: FactQueries;
  clock: Clock;
}

/** A goal, and where it stands. */
export interface GoalStanding {
  scope: 'campaign' | 'journey' | 'goal';
  id: string;
  name?: string | undefined;
  owner?: string | undefined;
  /** Meaning of `target` and `actual`: a share of those who were sent to or entered, people, a share of those who had another tag, a change. */
  metric: 'converted' | 'people' | 'share' | 'change';
  target: number;
  /** Null: nothing is known yet. */
  actual: number | null;
  /** Only a change has them: the figure that it is from, and the figure now. */
  baseline?: number | null;
  value?: number | null;
  from: LocalDate;
  to: LocalDate;
  onTrack: boolean;
}

const YEAR_DAYS = 365;
const FIGURE_DAYS = 30;
const CONCURRENCY = 8;

/** Names of all goals, in order. */
export const goalNamesIn = ({ campaigns = [], journeys, goals = [] }: Snapshot): string[] =>
  [
    ...campaigns.filter(({ definition: { goal } }) => goal?.target !== undefined).map(({ id }) => `campaign/${id}`),
    ...journeys.filter(({ definition: { goal } }) => goal?.target !== undefined).map(({ id }) => `journey/${id}`),
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
    const of = scope === 'journey' ? snapshot.journeys : (snapshot.campaigns ?? []);
    const definition = of.find((one) => one.id === id)?.definition;
    return definition === undefined
      ? []
      : [
          await messageGoalStanding(deps, snapshot, scope === 'journey' ? 'journey' : 'campaign', {
            id,
            ...definition,
          }),
        ];
  });
  return found.flat();
}

const earliest = (...days: LocalDate[]): LocalDate => days.sort()[0] ?? '';

interface MessageGoal {
  id: string;
  name: string;
  owner?: string | undefined;
  goal?: { target?: number | undefined } | undefined;
}

/** Share of those who were sent to (in a journey: who entered) in the last year that converted. */
async function messageGoalStanding(
  { metrics, clock }: GoalDeps,
  { settings }: Snapshot,
  scope: 'campaign' | 'journey',
  { id, name, owner, goal }: MessageGoal,
): Promise<GoalStanding> {
  const to = localDate(clock(), settings.timezone);
  const counters = scope === 'journey' ? journeyScope(id) : campaignScope(id);
  // The counters have days of UTC.
  const read = await metrics.read(counters, addDays(to, -YEAR_DAYS), addDays(to, 1));
  const counts = sumOf(read);
  const sent = (counts.sent ?? 0) + (counts.settled ?? 0) - (counts['left:sent'] ?? 0);
  const of = scope === 'journey' ? (counts.entered ?? 0) : sent;
  const reached = scope === 'journey' ? (counts.goal ?? 0) : (counts.converted ?? 0);
  const [target, actual] = [goal?.target ?? 0, of === 0 ? null : reached / of];
  const from = read[0]?.day ?? to;
  const onTrack = actual !== null && actual >= target;
  return { scope, id, name, owner, metric: 'converted', target, actual, from: earliest(from, to), to, onTrack };
}

interface Period {
  from: LocalDate;
  to: LocalDate;
  /** Share of the time until `by` that has passed. */
  passed: number;
  span: { from: EpochMs; to: EpochMs };
}

async function standingOf(deps: GoalDeps, snapshot: Snapshot, { id, definition }: LiveGoal): Promise<GoalStanding> {
  const { timezone } = snapshot.settings;
  const today = localDate(deps.clock(), timezone);
  const first = (await deps.definitions.version('goals', id, 1))?.at ?? deps.clock();
  const from = definition.since ?? localDate(first, timezone);
  const to = definition.by ?? today;
  const last = earliest(to, today);
  const span = spanOfDates(from, last, timezone);
  const passed = Math.min(1, Math.max(0, (daysBetween(from, last) + 1) / (daysBetween(from, to) + 1)));
  const period = { from, to, passed, span };
  const { name, owner } = definition;
  const common = { scope: 'goal' as const, id, name, owner, from, to };
  if ('event' in definition) return { ...common, ...(await peopleStanding(deps, id, definition, period)) };
  if ('tag' in definition) return { ...common, ...(await shareStanding(deps, definition, period)) };
  return { ...common, ...(await changeStanding(deps, snapshot, definition, period)) };
}

type StandingValues = Pick<GoalStanding, 'metric' | 'target' | 'actual' | 'onTrack' | 'baseline' | 'value'>;

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

/** A share has no pace: it is on track once it is there. */
async function shareStanding(
  { facts }: GoalDeps,
  { tag, from, target }: StateGoal,
  { span }: Period,
): Promise<StandingValues> {
  const question = { query: 'goal-states', first: from.tag, then: tag, ...span };
  const { people = 0, reached = 0 } = (await facts.ask<GoalStates>(question))[0] ?? {};
  const actual = people === 0 ? null : reached / people;
  return { metric: 'share', target, actual, onTrack: actual !== null && actual >= target };
}

/** The last 30 days against the month of the baseline. On track: as much of the change as of the time. */
async function changeStanding(
  { facts }: GoalDeps,
  { settings, computed }: Snapshot,
  { computed: id, change, baseline }: FigureGoal,
  { span, passed }: Period,
): Promise<StandingValues> {
  const { timezone } = settings;
  const definition = computed.find((one) => one.id === id)?.definition;
  if (definition === undefined) return { metric: 'change', target: change, actual: null, onTrack: false };
  const figure = async (of: { from: EpochMs; to: EpochMs }) => {
    const question = { query: 'goal-figure', computed: id, figure: figureOf(definition), ...of };
    return (await facts.ask<GoalFigure>(question))[0]?.value ?? null;
  };
  const last = localDate(span.to - 1, timezone);
  const now = { from: startOfDate(addDays(last, 1 - FIGURE_DAYS), timezone), to: span.to };
  const [before, value] = await Promise.all([
    typeof baseline === 'number' ? baseline : figure(monthOf(baseline, timezone)),
    figure(now),
  ]);
  const actual = before === null || value === null || before === 0 ? null : value / before - 1;
  const onTrack = actual !== null && (change > 0 ? actual >= change * passed : actual <= change * passed);
  return { metric: 'change', target: change, actual, baseline: before, value, onTrack };
}

function monthOf(month: string, timezone: string): { from: EpochMs; to: EpochMs } {
  const first = `${month}-01`;
  const next = `${addDays(first, 31).slice(0, 7)}-01`;
  return { from: startOfDate(first, timezone), to: startOfDate(next, timezone) };
}
