import { cellsOf } from '../metrics/cells.ts';
import type { Dimensions } from '../metrics/metric-event.ts';
import { DAY_MS } from '../time/units.ts';
import { utcDay } from '../time/utc-day.ts';
import { CELL_COLUMNS, type CountedInCell, isRecounted } from './sql/cells.ts';

/** CloudWatch metric: by how much the counters of reports differed from the data lake. */
export const REPORT_DRIFT = 'ReportDrift';

/** Days after which a day's counters are compared: once it is surely over everywhere, and when most that it brought has come. */
export const RECOUNT_AGES = [2, 9];

export type Counts = Record<string, number>;
/** Counters by scope, and by the sort key of the cell there. */
export type CountedCells = Map<string, Map<string, Counts>>;

/** What the cells must hold. */
export function countedCells(rows: readonly CountedInCell[]): CountedCells {
  const counted: CountedCells = new Map();
  for (const row of rows) {
    const dimensions = Object.fromEntries(
      CELL_COLUMNS.flatMap((name) => (row[name] === null ? [] : [[name, row[name]]])),
    ) as Dimensions; // columns of the lake are dimensions
    const counter = `${row.counter}@${String(row.hour).padStart(2, '0')}`;
    for (const { scope, day: key } of cellsOf(utcDay(row.day * DAY_MS), dimensions)) {
      const cells = counted.get(scope) ?? new Map<string, Counts>();
      const counts = cells.get(key) ?? {};
      counts[counter] = (counts[counter] ?? 0) + row.count;
      counted.set(scope, cells.set(key, counts));
    }
  }
  return counted;
}

/** By how much counters are lower than they must be. */
export function lacking(must: Readonly<Counts>, stored: Readonly<Counts>): Counts {
  return Object.fromEntries(
    Object.entries(must).flatMap(([counter, count]) => {
      const more = count - (stored[counter] ?? 0);
      return more > 0 && isRecounted(counter) ? [[counter, more]] : [];
    }),
  );
}
