import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { EpochMs } from '../../core/ids.ts';
import { figureOf } from '../../core/results/customer-facts.ts';
import type { GoalFigure, GoalFigureQuestion } from '../../core/results/sql/goals.ts';
import { addDays, daysBetween, type LocalDate } from '../../core/time/calendar.ts';
import { localDate, spanOfDates, startOfDate } from '../../core/time/local.ts';
import type { DefinitionStore } from '../definitions/ports.ts';
import type { Metrics } from '../metrics/ports.ts';
import type { Clock } from '../ports.ts';
import type { Cells, FactQueries } from './ports.ts';

export interface GoalDeps {
  cells: Cells;
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
export type StandingValues = Pick<GoalStanding, 'metric' | 'target' | 'actual' | 'onTrack' | 'baseline' | 'value'>;

export const earliest = (...days: LocalDate[]): LocalDate => days.sort()[0] ?? '';

export interface Period {
  from: LocalDate;
  to: LocalDate;
  /** `to`, or today if that is earlier. */
  last: LocalDate;
  /** Share of the time until `to` that has passed. */
  passed: number;
  /** Until today at most. */
  span: { from: EpochMs; to: EpochMs };
}

/** Without `by`, until today. */
export function periodOf(from: LocalDate, by: LocalDate | undefined, today: LocalDate, timezone: string): Period {
  const to = by ?? today;
  const last = earliest(to, today);
  const passed = Math.min(1, Math.max(0, (daysBetween(from, last) + 1) / (daysBetween(from, to) + 1)));
  return { from, to, last, passed, span: spanOfDates(from, last, timezone) };
}

const FIGURE_DAYS = 30;

/** A share has no pace: it is on track once it is there. */
export function shareOf(
  metric: 'converted' | 'share',
  reached: number,
  people: number,
  target: number,
): StandingValues {
  const actual = people === 0 ? null : reached / people;
  return { metric, target, actual, onTrack: actual !== null && actual >= target };
}

/** By how much a figure has changed, without the noise of the last digits: 0.12 is a fifth more than 0.1. Null: nothing is known. */
export const changeOf = (value: number | null, before: number | null): number | null =>
  value === null || before === null || before === 0 ? null : Math.round((value / before - 1) * 1e9) / 1e9;

/** The last 30 days against the baseline: a month, or a number. On track: as much of the change as of the time. */
export async function changeStanding(
  { facts }: Pick<GoalDeps, 'facts'>,
  { settings, computed }: Pick<Snapshot, 'settings' | 'computed'>,
  { computed: id, change, baseline }: { computed: string; change: number; baseline: string | number },
  { span, passed, among }: Period & Pick<GoalFigureQuestion, 'among'>,
): Promise<StandingValues> {
  const { timezone } = settings;
  const definition = computed.find((one) => one.id === id)?.definition;
  if (definition === undefined) return { metric: 'change', target: change, actual: null, onTrack: false };
  const figure = async (of: { from: EpochMs; to: EpochMs }) => {
    const question = { query: 'goal-figure', computed: id, figure: figureOf(definition), among, ...of };
    return (await facts.ask<GoalFigure>(question))[0]?.value ?? null;
  };
  const last = localDate(span.to - 1, timezone);
  const now = { from: startOfDate(addDays(last, 1 - FIGURE_DAYS), timezone), to: span.to };
  const [before, value] = await Promise.all([
    typeof baseline === 'number' ? baseline : figure(monthOf(baseline, timezone)),
    figure(now),
  ]);
  const actual = changeOf(value, before);
  const onTrack = actual !== null && (change > 0 ? actual >= change * passed : actual <= change * passed);
  return { metric: 'change', target: change, actual, baseline: before, value, onTrack };
}

function monthOf(month: string, timezone: string): { from: EpochMs; to: EpochMs } {
  const first = `${month}-01`;
  const next = `${addDays(first, 31).slice(0, 7)}-01`;
  return { from: startOfDate(first, timezone), to: startOfDate(next, timezone) };
}
