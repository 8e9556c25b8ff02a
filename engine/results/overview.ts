import { ALL_CELLS } from '../../core/metrics/cells.ts';
import { clockSegments } from '../../core/results/clock-segments.ts';
import type { Dimension } from '../../core/results/dimensions.ts';
import { groupCells } from '../../core/results/group-cells.ts';
import { type Row, rowOf } from '../../core/results/row.ts';
import type { ReportAnswer } from '../../core/results/sql/report.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
import { spanOfDates } from '../../core/time/local.ts';
import type { Cells, Costs, FactQueries } from './ports.ts';
import { addCosts, type OutsideSpend, peopleOf, type ReportSettings, shownRow, withSpent } from './report.ts';

export interface OverviewDeps {
  cells: Cells;
  facts: FactQueries;
  costs: Pick<Costs, 'everyBetween'>;
}

const DAY: Dimension = { kind: 'time', name: 'day', text: 'day' };
const CHANNEL: Dimension = { kind: 'message', name: 'channel', text: 'channel' };

export interface Overview {
  totals: Row;
  days: (Row & { day: string })[];
  channels: (Row & { channel: string | null })[];
}

/** Everything that was sent between two days, in all, by day and by channel, and everything that was spent outside. */
export async function overview(
  deps: OverviewDeps,
  { from, to }: { from: LocalDate; to: LocalDate },
  settings: ReportSettings,
): Promise<Overview> {
  const question = (by: Dimension) => ({
    query: 'report' as const,
    ...spanOfDates(from, to, settings.timezone),
    clocks: clockSegments(from, to, settings.timezone),
    by: [by],
    only: 'recipients' as const,
  });
  const [cells, ofDays, ofChannels, costs] = await Promise.all([
    deps.cells.read(ALL_CELLS, from, to),
    deps.facts.ask<ReportAnswer>(question(DAY)),
    deps.facts.ask<ReportAnswer>(question(CHANNEL)),
    deps.costs.everyBetween(from, to),
  ]);
  const spent = costs.map(({ scope, day, amount }): OutsideSpend => {
    const [kind, id = ''] = scope.split(':');
    return { day, amount, ...(kind === 'channel' ? { channel: id } : {}) };
  });
  const rows = (by: Dimension, answers: readonly ReportAnswer[]) => {
    const groups = addCosts(groupCells(cells, [by]), [by], spent);
    return groups.map((group) => shownRow(group, settings, peopleOf(answers, [by]).byKey));
  };
  const people = peopleOf(ofDays, [DAY]).total;
  return {
    totals: rowOf(withSpent(groupCells(cells, [])[0]?.counts ?? {}, spent), settings.currency, people),
    days: rows(DAY, ofDays).map(({ key, ...row }) => ({ day: String(key.day), ...row })),
    channels: rows(CHANNEL, ofChannels).map(({ key, ...row }) => ({
      channel: typeof key.channel === 'string' ? key.channel : null,
      ...row,
    })),
  };
}
