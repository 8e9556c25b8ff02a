import type { RequirementKind, Row } from './event-requirement.ts';
import { ExactSum } from './exact-sum.ts';

/** Adds rows from the newest to the oldest, and has the aggregated value at any point. */
interface Aggregation {
  add(row: Row): void;
  /** Undefined if there is nothing to aggregate. */
  value(): number | undefined;
}

export interface Measure {
  requirement: RequirementKind;
  aggregate(): Aggregation;
}

const numberOf = ({ value }: Row): number => (typeof value === 'number' ? value : 0);

function aggregateCount(): Aggregation {
  let n = 0;
  return {
    add(row) {
      n += row.n;
    },
    value: () => n,
  };
}

function aggregateSum(): Aggregation {
  const sum = new ExactSum();
  return { add: (row) => sum.add(numberOf(row)), value: () => sum.value };
}

function aggregateAverage(): Aggregation {
  const sum = aggregateSum();
  const count = aggregateCount();
  return {
    add(row) {
      sum.add(row);
      count.add(row);
    },
    value() {
      const n = count.value();
      return n ? (sum.value() ?? 0) / n : undefined;
    },
  };
}

function aggregateExtreme(pick: (a: number, b: number) => number): Aggregation {
  let extreme: number | undefined;
  return {
    add(row) {
      extreme = extreme === undefined ? numberOf(row) : pick(extreme, numberOf(row));
    },
    value: () => extreme,
  };
}

function aggregateDistinct(): Aggregation {
  const seen = new Set<Row['value']>();
  let merged = 0;
  return {
    add({ value, n }) {
      if (value === undefined) merged += n;
      else seen.add(value);
    },
    value: () => seen.size + merged,
  };
}

/** The measures of events. Add a new one here (and a `RequirementKind` if none of these suffices). */
export const MEASURES = {
  count: { requirement: 'count', aggregate: aggregateCount },
  sum: { requirement: 'numbers', aggregate: aggregateSum },
  avg: { requirement: 'numbers', aggregate: aggregateAverage },
  min: { requirement: 'min', aggregate: () => aggregateExtreme(Math.min) },
  max: { requirement: 'max', aggregate: () => aggregateExtreme(Math.max) },
  distinct: { requirement: 'distinct', aggregate: aggregateDistinct },
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;
// The literal has no other keys.
export const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];
