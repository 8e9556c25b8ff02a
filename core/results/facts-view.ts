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

/**
 * The facts of these files, each once, with instants in milliseconds: what the view `facts` is. Hashes of the ids alone are looked through for those that are
 * there again, so that no more than these are held in memory; all other rows pass by. Two ids of one hash are told apart by themselves.
 */
export function factsOf({ compacted, doubtful }: Layout): string {
  const all = read([...compacted, ...doubtful]);
  const isRepeated = `"metric" IN (${FIRST_ALONE.map(quoted).join(', ')})`;
  // Of a compaction's files, only what happens again may be in two.
  const where = doubtful.length === 0 ? ` WHERE ${isRepeated}` : '';
  return `WITH again AS MATERIALIZED (
      SELECT hash("id") AS suspect FROM (${all})${where} GROUP BY suspect HAVING count(*) > 1
    ), once AS (
      SELECT * FROM (${all}) AS f ANTI JOIN again AS a ON a.suspect = hash(f."id")
      UNION ALL BY NAME (
        SELECT DISTINCT ON ("id") f.* FROM (${all}) AS f SEMI JOIN again AS a ON a.suspect = hash(f."id") ORDER BY "id", "at"
      )
    ) SELECT * REPLACE (${INSTANTS.map((name) => `epoch_ms("${name}") AS "${name}"`).join(', ')}) FROM once`;
}

/** Which profiles were merged into which, perhaps more than once: what the view `merges` is. It costs less than to ask the facts. */
export const mergesOf = ({ compacted, doubtful }: Layout): string =>
  `SELECT profile, detail AS target, epoch_ms("at") AS merged_at FROM (${read([...compacted, ...doubtful])}) WHERE "of" = 'profile' AND metric = 'merged'`;

/** The bucket of a fact, among so many: the same in every version of the engine. */
export const bucketSql = (of: number): string => `(md5_number("id") % ${of})::INTEGER`;
