import type { EpochMs } from '../ids.ts';
import { DAY_MS } from '../time/units.ts';
import { type EventRequirement, type Row, sortRows } from './event-requirement.ts';
import { ExactSum } from './exact-sum.ts';

/** Most rows of a requirement that are exact. Beyond it the oldest are merged: first those of one day (UTC), then the oldest ones. */
export const MAX_ROWS = 256;

/**
 * Returns the rows that can still matter to the requirement, oldest first. The result depends on the rows alone, not on the order in which they were
 * added.
 */
export function neededRows(
  rows: readonly Row[],
  requirement: EventRequirement,
  now: EpochMs,
  maxRows: number = MAX_ROWS,
): Row[] {
  const young =
    requirement.within === undefined ? rows : rows.filter((row) => row.at > now - (requirement.within ?? 0));
  return mergeSurplus(KEEP[requirement.kind](sortRows(young), requirement), requirement, maxRows);
}

const KEEP: Record<EventRequirement['kind'], (rows: Row[], requirement: EventRequirement) => Row[]> = {
  count: newestRows,
  numbers: (rows) => rows,
  min: (rows) => withoutDominated(rows, (later, earlier) => later <= earlier),
  max: (rows) => withoutDominated(rows, (later, earlier) => later >= earlier),
  distinct: (rows, requirement) => newestRows(newestOfEach(rows), requirement),
  values: newestRows,
  // When a window slides, the next oldest row becomes the first.
  first: (rows, { within }) => (within === undefined ? rows.slice(0, 1) : rows),
};

/** Returns the newest rows that together stand for `keep` values. */
function newestRows(rows: Row[], { keep }: EventRequirement): Row[] {
  if (keep === undefined) return rows;
  let n = 0;
  let first = rows.length;
  while (first > 0 && n < keep) {
    first -= 1;
    n += rows[first]?.n ?? 0;
  }
  return rows.slice(first);
}

/** Drops a value if a later one equals or surpasses it, since it can never again be the extreme of a window. */
function withoutDominated(rows: Row[], surpasses: (later: number, earlier: number) => boolean): Row[] {
  const kept: Row[] = [];
  for (const row of rows.toReversed()) {
    const later = kept.at(-1);
    if (later === undefined || !surpasses(Number(later.value), Number(row.value))) kept.push(row);
  }
  return kept.reverse();
}

/** Keeps only the newest row of each value. */
function newestOfEach(rows: Row[]): Row[] {
  const seen = new Set<Row['value']>();
  const kept = rows.toReversed().filter(({ value }) => {
    if (value === undefined) return true;
    const isNew = !seen.has(value);
    seen.add(value);
    return isNew;
  });
  return kept.reverse();
}

function mergeSurplus(rows: Row[], requirement: EventRequirement, maxRows: number): Row[] {
  if (rows.length <= maxRows) return rows;
  const byDay = mergeOldest(
    rows,
    requirement,
    maxRows,
    (a, b) => Math.floor(a.at / DAY_MS) === Math.floor(b.at / DAY_MS),
  );
  return mergeOldest(byDay, requirement, maxRows, () => true);
}

/** Merges neighbours that `belong` together, starting with the oldest, until only `most` are left. */
function mergeOldest(
  rows: Row[],
  requirement: EventRequirement,
  maxRows: number,
  belong: (a: Row, b: Row) => boolean,
): Row[] {
  let surplus = rows.length - maxRows;
  const kept: Row[] = [];
  for (const row of rows) {
    const last = kept.at(-1);
    if (surplus > 0 && last && belong(last, row)) {
      kept[kept.length - 1] = mergeTwo(last, row, requirement);
      surplus -= 1;
    } else kept.push(row);
  }
  return kept;
}

/** The merged row has the later instant of the two, so that no value leaves a window too early. */
function mergeTwo(a: Row, b: Row, { kind }: EventRequirement): Row {
  const row = { at: b.at, n: a.n + b.n };
  if (kind === 'numbers') return { ...row, value: sumOf(a, b) };
  if (kind === 'min') return { ...row, n: 1, value: Math.min(Number(a.value), Number(b.value)) };
  if (kind === 'max') return { ...row, n: 1, value: Math.max(Number(a.value), Number(b.value)) };
  // If the values differ, the older one is dropped.
  if (kind === 'values') return a.value === b.value ? { ...row, value: b.value } : b;
  return kind === 'first' ? b : row;
}

function sumOf(...rows: Row[]): number {
  const sum = new ExactSum();
  for (const { value } of rows) sum.add(Number(value));
  return sum.value;
}
