import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { ALL_CELLS, cellKey } from '../../core/metrics/cells.ts';
import { total } from '../../core/metrics/recount.ts';
import { type CountedCells, type Counts, countedCells, lacking } from '../../core/results/cell-drift.ts';
import { clockSegments } from '../../core/results/clock-segments.ts';
import { type CellsQuestion, type CountedInCell, cells as cellsQuery } from '../../core/results/sql/cells.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
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

/** A batch's file is written before its counters are: whoever counts has counted what older files have. */
const COUNTED_AFTER_MS = 15 * MINUTE_MS;
const CONCURRENCY = 8;
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
 * them. None is lowered. A cell with a counter that is too high is left alone, as after a change of the timezone: somebody looks at it.
 */
export async function recountCells(deps: RecountCellsDeps, day: LocalDate, timezone: string): Promise<void> {
  const question: CellsQuestion = {
    query: 'cells',
    ...spanOfDates(day, day, timezone),
    clocks: clockSegments(day, day, timezone),
  };
  const must = await counted(deps, day, question, deps.clock() - COUNTED_AFTER_MS);
  const scopes = [...new Set([ALL_CELLS, ...must.keys()])];
  const stored: CountedCells = new Map(
    await mapWithConcurrency(CONCURRENCY, scopes, async (scope) => [scope, await storedIn(deps, scope, day)] as const),
  );
  // What has been counted since is no excess.
  const high = isHigher(stored, must) ? differences(stored, await counted(deps, day, question)) : [];
  const low = differences(must, stored);
  deps.reportDrift([...low, ...high].reduce((sum, { counts }) => sum + total(counts), 0));
  if (low.length + high.length === 0) return;
  const shown = (all: readonly Difference[]) =>
    all.slice(0, NAMED).map(({ scope, key, counts }) => ({ scope, key, counts }));
  deps.log.warn('counters of reports differ from the lake', { day, low: shown(low), high: shown(high) });
  const doubtful = new Set(high.map(({ scope, key }) => `${scope} ${key}`));
  const safe = low.filter(({ scope, key }) => !doubtful.has(`${scope} ${key}`));
  // Refused: somebody has counted meanwhile, and the next recount looks again.
  await mapWithConcurrency(CONCURRENCY, safe, ({ scope, key, counts, stored: read }) =>
    deps.recounts.correct({ scope, day: key, counts }, read),
  );
}

async function counted(
  deps: RecountCellsDeps,
  day: LocalDate,
  question: CellsQuestion,
  before?: EpochMs,
): Promise<CountedCells> {
  const days = cellsQuery.days(question as never);
  const rows = await withFacts(deps, before === undefined ? days : { ...days, before }, (facts) =>
    facts.rows(cellsQuery.statement(question as never)),
  );
  return countedCells(day, rows as CountedInCell[]); // what that question answers
}

async function storedIn({ cells }: RecountCellsDeps, scope: string, day: LocalDate): Promise<Map<string, Counts>> {
  const found = await cells.read(scope, day, day);
  return new Map(found.map((cell) => [cellKey(cell), { ...cell.counts }]));
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
