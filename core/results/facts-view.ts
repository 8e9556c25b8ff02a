import type { Layout } from './fact-files.ts';
import { FACT_COLUMN_NAMES, FACT_COLUMNS, type FactColumn } from './fact-row.ts';
import { quoted } from './sql/question.ts';

/** DuckDB's types. */
const TYPES: Record<(typeof FACT_COLUMNS)[FactColumn]['type'], string> = {
  text: 'VARCHAR',
  texts: 'VARCHAR[]',
  instant: 'TIMESTAMP WITH TIME ZONE',
  integer: 'BIGINT',
  flag: 'BOOLEAN',
};

/** Metrics that happen again to whom they have happened, perhaps on another day: the first counts, as it does among the counters. */
const FIRST_ALONE = ['converted', 'goal', 'order', 'refund', 'revenue'];

const INSTANTS = FACT_COLUMN_NAMES.filter((name) => FACT_COLUMNS[name].type === 'instant');

const listOf = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`;

/** No rows, of all columns: files that were written before a column came have none of it. */
const NONE = `SELECT ${FACT_COLUMN_NAMES.map((name) => `NULL::${TYPES[FACT_COLUMNS[name].type]} AS "${name}"`).join(', ')} WHERE false`;

/** All rows of these files, each as often as it is there. `filename`: with the path of each. */
export const everyRow = (paths: readonly string[], filename?: 'filename'): string =>
  paths.length === 0
    ? NONE
    : `${NONE} UNION ALL BY NAME SELECT * FROM read_parquet(${listOf(paths)}, union_by_name = true, hive_partitioning = false${filename === undefined ? '' : ', filename = true'})`;

/** The earliest row of each id. */
const firstOf = (rows: string): string =>
  `SELECT * FROM (${rows}) QUALIFY row_number() OVER (PARTITION BY "metric", "id" ORDER BY "at") = 1`;

/**
 * The same, of rows hardly any of which are there again: hashes of the ids alone are looked through for those, so that no more than these are held in
 * memory. Two ids of one hash are told apart by themselves.
 */
const onceOf = (rows: string): string =>
  `WITH again AS MATERIALIZED (SELECT hash("id") AS suspect FROM (${rows}) GROUP BY suspect HAVING count(*) > 1)
    SELECT f.* FROM (${rows}) AS f ANTI JOIN again AS a ON a.suspect = hash(f."id")
    UNION ALL BY NAME (${firstOf(`SELECT f.* FROM (${rows}) AS f SEMI JOIN again AS a ON a.suspect = hash(f."id")`)})`;

/** The facts of these files as they are stored, each once, with its bucket among so many: the same in every version of the engine. */
export const factsInBuckets = (paths: readonly string[], of: number): string =>
  `SELECT *, (md5_number("id") % ${of})::INTEGER AS bucket FROM (${firstOf(everyRow(paths))})`;

/** Order of a compacted file's rows: what a question asks for lies together, and the engine passes over groups of rows that have none of it. */
export const STORED_ORDER = '"of", "metric", "campaign", "journey", "at"';

/**
 * The facts of these files, each once, with instants in milliseconds: what the view `facts` is. `inDoubt`: the rows of the doubtful files, and whether it
 * is known by now that none of them is there twice.
 */
export function factsOf({ compacted, doubtful }: Layout, inDoubt: { sql: string; isOnce: boolean }): string {
  const one = inDoubt.isOnce ? inDoubt.sql : onceOf(inDoubt.sql);
  const rest = `SELECT * FROM (${everyRow(compacted)}) AS c ANTI JOIN (${inDoubt.sql}) AS d USING ("id")`;
  const all =
    doubtful.length === 0 ? everyRow(compacted) : compacted.length === 0 ? one : `(${rest}) UNION ALL BY NAME (${one})`;
  // One metric at a time: so the engine passes over groups of rows that have none of it.
  const repeated = FIRST_ALONE.map((metric) => `SELECT * FROM stored WHERE "metric" = ${quoted(metric)}`);
  return `WITH stored AS NOT MATERIALIZED (${all}), once AS (
      SELECT * FROM stored WHERE "metric" NOT IN (${FIRST_ALONE.map(quoted).join(', ')})
      UNION ALL BY NAME (${firstOf(repeated.join(' UNION ALL BY NAME '))})
    ) SELECT * REPLACE (${INSTANTS.map((name) => `epoch_ms("${name}") AS "${name}"`).join(', ')}) FROM once`;
}

/** Which profiles were merged into which, perhaps more than once: what the view `merges` is. It costs less than to ask the facts. */
export const mergesOf = ({ compacted }: Layout, inDoubt: { sql: string }): string =>
  `SELECT profile, detail AS target, epoch_ms("at") AS merged_at FROM (${everyRow(compacted)} UNION ALL BY NAME (${inDoubt.sql})) WHERE "of" = 'profile' AND metric = 'merged'`;
