import type { Layout } from './fact-files.ts';
import { FACT_COLUMN_NAMES, FACT_COLUMNS, type FactColumn } from './fact-row.ts';

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

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const listOf = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`;

/** No rows, of all columns: files that were written before a column came have none of it. */
const NONE = `SELECT ${FACT_COLUMN_NAMES.map((name) => `NULL::${TYPES[FACT_COLUMNS[name].type]} AS "${name}"`).join(', ')} WHERE false`;

const read = (paths: readonly string[]): string =>
  paths.length === 0
    ? NONE
    : `${NONE} UNION ALL BY NAME SELECT * FROM read_parquet(${listOf(paths)}, union_by_name = true, hive_partitioning = false)`;

/** All rows of these files, each as often as it is there. */
export const everyRow = (paths: readonly string[]): string => read(paths);

/** The facts of these files, each once, with instants in milliseconds: what the view `facts` is. */
export function factsOf({ compacted, doubtful }: Layout): string {
  const one = `SELECT DISTINCT ON ("id") * FROM (${read(doubtful)}) ORDER BY "id", "at"`;
  const rest = `SELECT * FROM (${read(compacted)}) AS c ANTI JOIN (${read(doubtful)}) AS d USING ("id")`;
  const all =
    doubtful.length === 0 ? read(compacted) : compacted.length === 0 ? one : `(${rest}) UNION ALL BY NAME (${one})`;
  const isRepeated = `"metric" IN (${FIRST_ALONE.map(quoted).join(', ')})`;
  return `WITH stored AS NOT MATERIALIZED (${all}), once AS (
      SELECT * FROM stored WHERE NOT ${isRepeated}
      UNION ALL BY NAME (SELECT DISTINCT ON ("id") * FROM stored WHERE ${isRepeated} ORDER BY "id", "at")
    ) SELECT * REPLACE (${INSTANTS.map((name) => `epoch_ms("${name}") AS "${name}"`).join(', ')}) FROM once`;
}

/** The bucket of a fact, among so many: the same in every version of the engine. */
export const bucketSql = (of: number): string => `(md5_number("id") % ${of})::INTEGER`;
