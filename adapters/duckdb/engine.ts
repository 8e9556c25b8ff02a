import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { factsInBuckets, factsOf, mergesOf, STORED_ORDER } from '../../core/results/facts-view.ts';
import type { SortedStatement, Statement } from '../../core/results/sql/question.ts';
import type { FactEngine, OpenFacts } from '../../engine/results/ports.ts';
import { recentFacts } from './recent-facts.ts';

interface Options {
  /** A folder of this machine, to which it moves what does not fit in memory. */
  folder: string;
  memoryMb: number;
  /** Absent: as many as there are processors. */
  threads?: number;
}

const FORMATS = {
  csv: 'FORMAT csv, HEADER',
  jsonl: 'FORMAT json',
  // A group of rows is held in memory until it is written.
  parquet: 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 40960',
  /** Groups so small that those of a rare metric hold nothing else. */
  lake: 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480',
  /** What is read again at once. */
  passing: 'FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 10240',
} as const;

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

type Copied = Parameters<OpenFacts['copy']>;
async function copied(
  connection: DuckDBConnection,
  { sql, parameters }: Copied[0],
  { path, format }: { path: string; format: keyof typeof FORMATS },
): Promise<number> {
  const reader = await connection.runAndReadAll(`COPY (${sql}) TO ${quoted(path)} (${FORMATS[format]})`, parameters);
  return Number(reader.getRowsJS()[0]?.[0] ?? 0);
}

/** Rows that are sorted at a time, where no bucket has more. */
const SORTED_ROWS = 50_000;

/**
 * Sorts some buckets at a time, as their numbers are ordered, so that no more than these are held in memory. The sorted files are then copied to one, in
 * their order.
 */
async function copySorted(
  connection: DuckDBConnection,
  { sql, parameters, sortBy: { bucket, columns } }: Required<SortedStatement>,
  to: Copied[1],
): Promise<number> {
  const folder = `${to.path}-sorted`;
  await mkdir(folder, { recursive: true });
  try {
    const unsorted = join(folder, 'unsorted.parquet');
    await copied(connection, { sql, parameters }, { path: unsorted, format: 'passing' });
    const all = `read_parquet(${quoted(unsorted)})`;
    const sorted: string[] = [];
    for (const [first, last] of await rangesOf(connection, all, bucket)) {
      const path = join(folder, `${first}.parquet`);
      const range = `SELECT * EXCLUDE (${bucket}) FROM ${all} WHERE ${bucket} BETWEEN ${first} AND ${last} ORDER BY ${columns.join(', ')}`;
      await copied(connection, { sql: range, parameters: [] }, { path, format: 'passing' });
      sorted.push(path);
    }
    const from = sorted.length === 0 ? `${all} WHERE false` : `read_parquet([${sorted.map(quoted).join(', ')}])`;
    const hidden = sorted.length === 0 ? [...columns, bucket] : columns;
    await connection.run('SET preserve_insertion_order = true');
    return await copied(
      connection,
      { sql: `SELECT * EXCLUDE (${hidden.join(', ')}) FROM ${from}`, parameters: [] },
      to,
    );
  } finally {
    await connection.run('SET preserve_insertion_order = false');
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ranges of buckets with so many rows, in their order. */
async function rangesOf(connection: DuckDBConnection, all: string, bucket: string): Promise<[number, number][]> {
  const reader = await connection.runAndReadAll(`SELECT ${bucket}, count(*) FROM ${all} GROUP BY ALL ORDER BY ALL`);
  const ranges: [number, number][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const [number, count] of reader.getRowsJS()) {
    const last = ranges.at(-1);
    if (last === undefined || rows + Number(count) > SORTED_ROWS) {
      ranges.push([Number(number), Number(number)]);
      rows = Number(count);
    } else {
      last[1] = Number(number);
      rows += Number(count);
    }
  }
  return ranges;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Values that JSON has. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
