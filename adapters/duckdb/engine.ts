import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { factsInBuckets, factsOf, mergesOf, STORED_ORDER } from '../../core/results/facts-view.ts';
import type { Statement } from '../../core/results/sql/question.ts';
import type { FactEngine, OpenFacts } from '../../engine/results/ports.ts';
import { copied } from './copy.ts';
import { copySorted } from './copy-sorted.ts';
import { recentFacts } from './recent-facts.ts';

interface Options {
  /** A folder of this machine, to which it moves what does not fit in memory. */
  folder: string;
  memoryMb: number;
  /** Absent: as many as there are processors. */
  threads?: number;
}

/** DuckDB in this process, loaded when it is first asked. It downloads nothing: what it needs is built in. */
export function duckdbEngine({ folder, memoryMb, threads }: Options): FactEngine {
  let instance: Promise<DuckDBInstance> | undefined;
  const recent = recentFacts();
  const start = async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    return DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: `${memoryMb}MB`,
      temp_directory: folder,
      preserve_insertion_order: 'false',
      ...(threads === undefined ? {} : { threads: String(threads) }),
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
        const rows = await recent.rows(connection, files.doubtful);
        try {
          await connection.run(`CREATE TEMP VIEW facts AS ${factsOf(files, rows)}`);
          await connection.run(`CREATE TEMP VIEW merges AS ${mergesOf(files, rows)}`);
          return await work(factsBy(connection));
        } finally {
          await rows.release(connection);
        }
      }),

    compact: (paths, buckets, pathOf) =>
      connected(async (connection) => {
        await connection.run(`CREATE TEMP TABLE compacted AS ${factsInBuckets(paths, buckets)}`);
        const made: { bucket: number; path: string; rows: number }[] = [];
        for (let bucket = 0; bucket < buckets; bucket += 1) {
          const path = pathOf(bucket);
          const sql = `SELECT * EXCLUDE (bucket) FROM compacted WHERE bucket = ${bucket} ORDER BY ${STORED_ORDER}`;
          const rows = await copied(connection, { sql, parameters: [] }, { path, format: 'lake' });
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

  copy: (statement, to) =>
    statement.sortBy === undefined
      ? copied(connection, statement, to)
      : copySorted(connection, { ...statement, sortBy: statement.sortBy }, to),
});

/** Values that JSON has. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
