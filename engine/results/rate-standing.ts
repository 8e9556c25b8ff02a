import type { Rate } from '../../core/goals/rates.ts';
import { ALL_CELLS, type Cell } from '../../core/metrics/cells.ts';
import { groupCells } from '../../core/results/group-cells.ts';
import { rowOf } from '../../core/results/row.ts';
import { addDays, type LocalDate } from '../../core/time/calendar.ts';
import { changeOf, type GoalDeps, type Period, type StandingValues } from './goal-standing.ts';

interface AskedRate {
  rate: Rate;
  change?: number | undefined;
  baseline: string | number;
}

/** Rates that are the better the lower they are. */
const HARM: ReadonlySet<string> = new Set(['unsubscribed', 'complained', 'bounced']);
const RATE_DAYS = 30;

/** The rate of everything in `scope`, in the last 30 days, against the baseline: the same in a month, or a number. */
export async function rateStanding(
  { cells }: Pick<GoalDeps, 'cells'>,
  asked: AskedRate,
  scope: string,
  { last, passed }: Pick<Period, 'last' | 'passed'>,
): Promise<StandingValues> {
  const now = await cells.read(scope, addDays(last, 1 - RATE_DAYS), last);
  const before = typeof asked.baseline === 'number' ? [] : await ofMonth({ cells }, scope, asked.baseline);
  return compared(asked, now, before, passed);
}

/** The rate of a campaign or journey over its life, against the baseline: everything that was sent by its channels in a month, or a number. */
export async function ownRateStanding(
  { cells }: Pick<GoalDeps, 'cells'>,
  asked: AskedRate,
  scope: string,
  { from, last, passed }: Pick<Period, 'from' | 'last' | 'passed'>,
): Promise<StandingValues> {
  const now = await cells.read(scope, from, last);
  const channels = new Set(now.map(({ dimensions }) => dimensions.channel));
  const all = typeof asked.baseline === 'number' ? [] : await ofMonth({ cells }, ALL_CELLS, asked.baseline);
  const before = all.filter(({ dimensions }) => channels.has(dimensions.channel));
  return compared(asked, now, before, passed);
}

const ofMonth = ({ cells }: Pick<GoalDeps, 'cells'>, scope: string, month: string): Promise<Cell[]> => {
  const first: LocalDate = `${month}-01`;
  return cells.read(scope, first, addDays(`${addDays(first, 31).slice(0, 7)}-01`, -1));
};

function compared(
  { rate, change = 0, baseline: given }: AskedRate,
  now: readonly Cell[],
  before: readonly Cell[],
  passed: number,
): StandingValues {
  const value = rateOf(now, rate);
  const baseline = typeof given === 'number' ? given : rateOf(before, rate);
  const actual = changeOf(value, baseline);
  const isLowerBetter = change === 0 ? HARM.has(rate) : change < 0;
  const due = change * passed;
  const onTrack = actual !== null && (isLowerBetter ? actual <= due : actual >= due);
  return { metric: 'change', target: change, actual, baseline, value, onTrack };
}

/** Null: nothing was sent. */
function rateOf(cells: readonly Cell[], rate: AskedRate['rate']): number | null {
  const row = rowOf(groupCells(cells, [])[0]?.counts ?? {}, 'XXX', 0);
  return row.sent === 0 ? null : row.rates[rate];
}
