import type { NeedKind, Row } from './event-requirement.ts';
import { ExactSum } from './exact-sum.ts';

/** Takes rows from the newest to the oldest and knows the figure at any point. */
interface Reckoning {
  add(row: Row): void;
  /** Undefined where there is nothing to reckon from. */
  value(): number | undefined;
}

export interface Measure {
  need: NeedKind;
  reckon(): Reckoning;
}

const numberOf = ({ value }: Row): number => (typeof value === 'number' ? value : 0);

function reckonCount(): Reckoning {
  let n = 0;
  return {
    add(row) {
      n += row.n;
    },
    value: () => n,
  };
}

function reckonSum(): Reckoning {
  const sum = new ExactSum();
  return { add: (row) => sum.add(numberOf(row)), value: () => sum.value };
}

function reckonAverage(): Reckoning {
  const sum = reckonSum();
  const count = reckonCount();
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

function reckonExtreme(pick: (a: number, b: number) => number): Reckoning {
  let extreme: number | undefined;
  return {
    add(row) {
      extreme = extreme === undefined ? numberOf(row) : pick(extreme, numberOf(row));
    },
    value: () => extreme,
  };
}

function reckonDistinct(): Reckoning {
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

/** What can be reckoned from events. A new one: a line here (and a `NeedKind` where none of these suffices). */
export const MEASURES = {
  count: { need: 'count', reckon: reckonCount },
  sum: { need: 'numbers', reckon: reckonSum },
  avg: { need: 'numbers', reckon: reckonAverage },
  min: { need: 'min', reckon: () => reckonExtreme(Math.min) },
  max: { need: 'max', reckon: () => reckonExtreme(Math.max) },
  distinct: { need: 'distinct', reckon: reckonDistinct },
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;
// The keys of a literal are its keys.
export const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];
