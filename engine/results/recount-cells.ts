import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { ALL_CELLS, cellKey } from '../../core/metrics/cells.ts';
import { total } from '../../core/metrics/recount.ts';
import { type CountedCells, type Counts, countedCells, lacking } from '../../core/results/cell-drift.ts';
import { clockSegments } from '../../core/results/clock-segments.ts';
import { type CellsQuestion, type CountedInCell, cells as cellsQuery } from '../../core/results/sql/cells.ts';
import { addDays, type LocalDate } from '../../core/time/calendar.ts';
import { spanOfDates } from '../../core/time/local.ts';
import { MINUTE_MS } from '../../core/time/units.ts';
import type { Recounts } from '../metrics/ports.ts';
import type { Clock, Log } from '../ports.ts';
import type { Cells } from './ports.ts';
import { type LakeDeps, withFacts } from './with-facts.ts';

export interface RecountCellsDeps extends LakeDeps {
  cells: Cells;
  recounts: Pick<Recounts, 'correct'>;
  /** Reports by how much the cells differed from the lake. */
  reportDrift: (drift: number) => void;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

/** One invocation writes a batch's file and its counters within half a minute: whoever wrote an older file has counted what it has, or is dead. */
const COUNTED_AFTER_MS = 15 * MINUTE_MS;
const CONCURRENCY = 8;
/** Timezones are 26 hours apart at most: a message of this day may be on that of two days before or after. */
const APART_DAYS = 2;
/** Cells that a log line names at most. */
const NAMED = 20;

interface Difference {
  scope: string;
  key: string;
  counts: Counts;
  stored: Counts;
}

/**
 * Compares the counters of reports of one day with the lake, and raises those that are too low: a death between the marks and the counters of a batch lost
 * them. None is lowered. A cell with a counter that is too high is left alone, on this day or one beside it, as after a change of the timezone: what it
 * lacks has been counted there.
 */
export async function recountCells(deps: RecountCellsDeps, day: LocalDate, timezone: string): Promise<void> {
  const days: Span = { first: day, last: day, timezone };
  const must = await counted(deps, days, deps.clock() - COUNTED_AFTER_MS);
  const stored = await storedIn(deps, [...new Set([ALL_CELLS, ...must.keys()])], days);
  // What has been counted since is no excess.
  const high = isHigher(stored, must) ? differences(stored, await counted(deps, days)) : [];
  const low = differences(must, stored);
  deps.reportDrift([...low, ...high].reduce((sum, { counts }) => sum + total(counts), 0));
  if (low.length + high.length === 0) return;
  const shown = (all: readonly Difference[]) =>
    all.slice(0, NAMED).map(({ scope, key, counts }) => ({ scope, key, counts }));
  deps.log.warn('counters of reports differ from the lake', { day, low: shown(low), high: shown(high) });
  const doubtful = new Set([...high, ...(await beside(deps, day, timezone, low))].map(placeOf));
  const safe = low.filter((cell) => !doubtful.has(placeOf(cell)));
  // A condition that fails: somebody has counted meanwhile, and the next recount looks again.
  await mapWithConcurrency(CONCURRENCY, safe, ({ scope, key, counts, stored: read }) =>
    deps.recounts.correct({ scope, day: key, counts }, read),
  );
}

interface Span {
  first: LocalDate;
  last: LocalDate;
  timezone: string;
}

/** A cell, whatever the day. */
const placeOf = ({ scope, key }: Difference): string => `${scope} ${key.slice(key.indexOf('#'))}`;

/** The excess of these scopes' cells on the days around. */
async function beside(
  deps: RecountCellsDeps,
  day: LocalDate,
  timezone: string,
  low: readonly Difference[],
): Promise<Difference[]> {
  if (low.length === 0) return [];
  const days: Span = { first: addDays(day, -APART_DAYS), last: addDays(day, APART_DAYS), timezone };
  const stored = await storedIn(deps, [...new Set(low.map(({ scope }) => scope))], days);
  return differences(stored, await counted(deps, days));
}

async function counted(
  deps: RecountCellsDeps,
  { first, last, timezone }: Span,
  before?: EpochMs,
): Promise<CountedCells> {
  const question: CellsQuestion = {
    query: 'cells',
    ...spanOfDates(first, last, timezone),
    clocks: clockSegments(first, last, timezone),
  };
  const days = cellsQuery.days(question as never);
  const rows = await withFacts(deps, before === undefined ? days : { ...days, before }, (facts) =>
    facts.rows(cellsQuery.statement(question as never)),
  );
  return countedCells(rows as CountedInCell[]); // what that question answers
}

async function storedIn(
  { cells }: RecountCellsDeps,
  scopes: readonly string[],
  { first, last }: Span,
): Promise<CountedCells> {
  return new Map(
    await mapWithConcurrency(CONCURRENCY, scopes, async (scope) => {
      const found = await cells.read(scope, first, last);
      return [scope, new Map<string, Counts>(found.map((cell) => [cellKey(cell), { ...cell.counts }]))] as const;
    }),
  );
}

/** What `more` has beyond `less`. */
const differences = (more: CountedCells, less: CountedCells): Difference[] =>
  [...more].flatMap(([scope, cells]) =>
    [...cells].flatMap(([key, has]) => {
      const stored = less.get(scope)?.get(key) ?? {};
      const counts = lacking(has, stored);
      return Object.keys(counts).length === 0 ? [] : [{ scope, key, counts, stored }];
    }),
  );

const isHigher = (stored: CountedCells, must: CountedCells): boolean => differences(stored, must).length > 0;
