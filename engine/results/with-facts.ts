import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { layoutOf } from '../../core/results/fact-files.ts';
import type { Days } from '../../core/results/sql/question.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { FactEngine, FactFile, Lake, OpenFacts } from './ports.ts';

export interface LakeDeps {
  lake: Lake;
  engine: FactEngine;
  /** Absent: each question is asked anew. */
  answers?: KeptAnswers;
}

/** Files that are fetched at the same time. */
const CONCURRENCY = 16;
/** Times that the files are listed: a compaction may delete one between the list and the reading, once it has put its facts elsewhere. */
const TRIES = 5;

/** Opens the facts of these days; with `before`, those alone whose files were written before it. */
export async function withFacts<Result>(
  { lake, engine }: LakeDeps,
  { before = Number.POSITIVE_INFINITY, ...days }: Days & { before?: EpochMs },
  work: (facts: OpenFacts) => Promise<Result>,
): Promise<Result> {
  const paths = await fetchAll(lake, async () => (await lake.list(days)).filter(({ at }) => at < before));
  const { compacted, doubtful } = layoutOf([...paths.keys()]);
  const here = (keys: readonly string[]) => keys.map((key) => paths.get(key) ?? key);
  return engine.open({ compacted: here(compacted), doubtful: here(doubtful) }, work);
}

/** Returns the path of each file by its key. */
async function fetchAll(lake: Pick<Lake, 'fetch'>, list: () => Promise<FactFile[]>): Promise<Map<string, string>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const files = await list();
    const paths = await mapWithConcurrency(CONCURRENCY, files, (file) => lake.fetch(file));
    const found = files.flatMap(({ key }, index) => {
      const path = paths[index];
      return path === undefined ? [] : [[key, path] as const];
    });
    if (found.length === files.length) return new Map(found);
  }
  throw new Error('the lake is being compacted again and again');
}
