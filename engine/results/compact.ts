import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hashId } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { compactedKey, dayOfFile, layoutOf } from '../../core/results/fact-files.ts';
import { DAY_MS } from '../../core/time/units.ts';
import type { Clock, Log } from '../ports.ts';
import type { FactEngine, FactFile, Lake } from './ports.ts';

export interface CompactDeps {
  lake: Lake;
  engine: Pick<FactEngine, 'compact'>;
  /** On this machine, for the files that are made. */
  folder: string;
  clock: Clock;
  log: Pick<Log, 'info'>;
}

/** Files of a day that may hold a fact twice: above this, even a day that goes on is compacted. */
const MAX_DOUBTFUL = 20;
/** A younger file may be one of a batch that comes again. */
const SETTLED_MS = 10 * 60_000;
/** Size of a file, when a day has more: small enough to be held in memory and to be put in one call. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MAX_BUCKETS = 64;
/** Until then another day is begun: Lambda ends an invocation after a quarter of an hour. */
const BEGIN_MS = 6 * 60_000;
const CONCURRENCY = 8;
/** Days of the lake's beginning. */
const ALWAYS = '0001-01-01';

/**
 * Compacts the days with many files, and those that are over, one after the other. Returns how many. A file is deleted only once its facts have been put
 * into another, so that a death loses nothing, and two at once put the same facts twice: readers take each id once, and the next compaction joins them.
 */
export async function compactLake(deps: CompactDeps): Promise<number> {
  const began = deps.clock();
  const days = Map.groupBy(await deps.lake.list({ from: ALWAYS }), ({ key }) => dayOfFile(key));
  const due = [...days].flatMap(([day, files]) => {
    const settled = files.filter(({ at }) => at <= began - SETTLED_MS);
    return day !== undefined && isDue(day, settled, began) ? [{ day, files: settled }] : [];
  });
  let done = 0;
  for (const { day, files } of due.toSorted((a, b) => b.files.length - a.files.length)) {
    if (deps.clock() - began > BEGIN_MS) break;
    if (await compactDay(deps, day, files)) done += 1;
  }
  return done;
}

function isDue(day: string, files: readonly FactFile[], now: number): boolean {
  const { doubtful } = layoutOf(files.map(({ key }) => key));
  const isOver = Date.parse(`${day}T00:00:00.000Z`) + DAY_MS + SETTLED_MS <= now;
  // One file that came alone is as good as a compacted one.
  return isOver ? doubtful.length > 1 || (doubtful.length > 0 && files.length > 1) : doubtful.length > MAX_DOUBTFUL;
}

/** Returns false if another compaction has been there. */
async function compactDay(deps: CompactDeps, day: string, files: readonly FactFile[]): Promise<boolean> {
  const { lake, engine, log } = deps;
  const paths = await mapWithConcurrency(CONCURRENCY, files, (file) => lake.fetch(file));
  const found = paths.filter((path) => path !== undefined);
  if (found.length < files.length) return false;
  const inputs = files.map(({ key }) => key).toSorted();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const of = Math.min(MAX_BUCKETS, Math.max(1, Math.ceil(bytes / MAX_FILE_BYTES)));
  const made = await mkdtemp(join(deps.folder, 'compacted-'));
  try {
    const buckets = await engine.compact(found, of, (bucket) => join(made, `${bucket}.parquet`));
    for (const { bucket, path } of buckets)
      await lake.put(compactedKey(day, { bucket, of, inputs: hashId(...inputs) }), path);
    await lake.delete(inputs);
    const facts = buckets.reduce((sum, { rows }) => sum + rows, 0);
    log.info('a day of the lake was compacted', { day, files: files.length, into: buckets.length, facts, bytes });
    return true;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
