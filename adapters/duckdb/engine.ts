import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { bucketSql, everyRow, factsOf } from '../../core/results/facts-view.ts';
import type { Statement } from '../../core/results/sql/question.ts';
import type { FactEngine, OpenFacts } from '../../engine/results/ports.ts';

interface Options {
  /** A folder of this machine, to which it moves what does not fit in memory. */
  folder: string;
  memoryMb: number;
}

const FORMATS = {
  csv: 'FORMAT csv, HEADER',
  jsonl: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
} as const;

/** DuckDB in this process, loaded when it is first asked. It downloads nothing: what it needs is built in. */
export function duckdbEngine({ folder, memoryMb }: Options): FactEngine {
  let instance: Promise<DuckDBInstance> | undefined;
  const start = async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    return DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: `${memoryMb}MB`,
      temp_directory: folder,
      preserve_insertion_order: 'false',
    });
  };
  const connected = async <Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> => {
    instance ??= start();
    const connection = await (await instance).connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  };
  return {
    open: (files, work) =>
      connected(async (connection) => {
        await connection.run(`CREATE TEMP VIEW facts AS ${factsOf(files)}`);
        return work(factsBy(connection));
      }),

    compact: (paths, buckets, pathOf) =>
      connected(async (connection) => {
        await connection.run(
          `CREATE TEMP TABLE compacted AS SELECT DISTINCT ON ("id") * FROM (${everyRow(paths)}) ORDER BY "id", "at"`,
        );
        const made: { bucket: number; path: string; rows: number }[] = [];
        for (let bucket = 0; bucket < buckets; bucket += 1) {
          const path = pathOf(bucket);
          const sql = `SELECT * FROM compacted WHERE ${bucketSql(buckets)} = ${bucket}`;
          const rows = await copied(connection, { sql, parameters: [] }, { path, format: 'parquet' });
          if (rows > 0) made.push({ bucket, path, rows });
        }
        return made;
      }),
  };
}

const factsBy = (connection: DuckDBConnection): OpenFacts => ({
  async rows({ sql, parameters }: Statement): Promise<object[]> {
    const reader = await connection.runAndReadAll(sql, parameters);
    return reader
      .getRowObjectsJS()
      .map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)])));
  },

  copy: (statement, to) => copied(connection, statement, to),
});

type Copied = Parameters<OpenFacts['copy']>;
async function copied(
  connection: DuckDBConnection,
  { sql, parameters }: Copied[0],
  { path, format }: Copied[1],
): Promise<number> {
  const reader = await connection.runAndReadAll(
    `COPY (${sql}) TO '${path.replaceAll("'", "''")}' (${FORMATS[format]})`,
    parameters,
  );
  return Number(reader.getRowsJS()[0]?.[0] ?? 0);
}

/** Values that JSON has. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
