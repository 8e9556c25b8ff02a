import { majorUnitsOf } from '../../core/results/minor-units.ts';
import type { PathRow, PathsQuestion } from '../../core/results/sql/paths.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
import { spanOfDates } from '../../core/time/local.ts';
import type { FactQueries } from './ports.ts';

export interface AskedPaths extends Pick<PathsQuestion, 'by' | 'touch' | 'windowMs'> {
  /** Days of the settings' timezone, inclusive. */
  from: LocalDate;
  to: LocalDate;
}

/** By which messages customers came to the orders of some days. Paths, `others` and `none` together have all orders and their revenue. */
export async function pathsReport(
  { facts }: { facts: FactQueries },
  { from, to, ...asked }: AskedPaths,
  { timezone, currency }: { timezone: string; currency: string },
) {
  const question: PathsQuestion = { query: 'paths', ...asked, ...spanOfDates(from, to, timezone), currency };
  const found = await facts.ask<PathRow>({ ...question });
  const major = (amount: number) => majorUnitsOf(amount, currency);
  const sumOf = (rows: readonly PathRow[]) => ({
    orders: rows.reduce((sum, { orders }) => sum + orders, 0),
    revenue: major(rows.reduce((sum, { revenue }) => sum + revenue, 0)),
  });
  const of = (kind: PathRow['kind']) => found.filter((row) => row.kind === kind);
  return {
    ...sumOf(found),
    items: of('path').map(({ path, orders, revenue }) => ({ path, orders, revenue: major(revenue) })),
    others: sumOf(of('others')),
    none: sumOf(of('none')),
  };
}
