import type { RequirementKind, Row } from '../conditions/event-requirement.ts';
import { MEASURES } from '../conditions/measures.ts';
import { iso } from '../time/instant.ts';
import { DAY_MS } from '../time/units.ts';

/** One way to aggregate a value from events. */
export interface AggregateFunction {
  /** Whether it aggregates a property. */
  of: 'required' | 'optional' | 'none';
  requirement: RequirementKind;
  /** Number of newest rows that suffice. */
  keep?: number;
  /** Aggregates the rows in the window, which are oldest first. Returns undefined if there is nothing to aggregate. */
  aggregate(rows: readonly Row[]): unknown;
}

/** Aggregates like the measure of that name in conditions. */
function byMeasure(name: keyof typeof MEASURES): AggregateFunction['aggregate'] {
  return (rows) => {
    const aggregation = MEASURES[name].aggregate();
    for (const row of rows.toReversed()) aggregation.add(row);
    return aggregation.value();
  };
}

/** Returns the row's value, or its instant if no property is aggregated. */
const valueOfRow = (row: Row | undefined): unknown => row && (row.value ?? iso(row.at));

function mostFrequent(rows: readonly Row[]): Row['value'] {
  const counts = new Map<Row['value'], number>();
  let best: Row['value'];
  // If two values are equally frequent, the newer one wins.
  for (const { value, n } of rows) {
    const count = (counts.get(value) ?? 0) + n;
    counts.set(value, count);
    if (count >= (counts.get(best) ?? 0)) best = value;
  }
  return best;
}

/** Mean days from one event to the next, to the thousandth. */
function interval(rows: readonly Row[]): number | undefined {
  const [first, last] = [rows[0], rows.at(-1)];
  const n = rows.reduce((sum, row) => sum + row.n, 0);
  if (first === undefined || last === undefined || n < 2) return undefined;
  return Math.round(((last.at - first.at) / (n - 1) / DAY_MS) * 1000) / 1000;
}

/** The functions of computed traits. Add a new one here. */
export const AGGREGATES = {
  count: { of: 'none', requirement: 'count', aggregate: byMeasure('count') },
  sum: { of: 'required', requirement: 'numbers', aggregate: byMeasure('sum') },
  avg: { of: 'required', requirement: 'numbers', aggregate: byMeasure('avg') },
  min: { of: 'required', requirement: 'min', aggregate: byMeasure('min') },
  max: { of: 'required', requirement: 'max', aggregate: byMeasure('max') },
  first: { of: 'optional', requirement: 'first', aggregate: (rows) => valueOfRow(rows[0]) },
  last: { of: 'optional', requirement: 'values', keep: 1, aggregate: (rows) => valueOfRow(rows.at(-1)) },
  most: { of: 'required', requirement: 'values', aggregate: mostFrequent },
  interval: { of: 'none', requirement: 'count', aggregate: interval },
} as const satisfies Record<string, AggregateFunction>;

export type AggregateName = keyof typeof AGGREGATES;
// The literal has no other keys.
export const AGGREGATE_NAMES = Object.keys(AGGREGATES) as AggregateName[];
