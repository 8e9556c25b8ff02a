import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted, type SortedStatement } from '../../core/results/sql/question.ts';
import type { OpenFacts } from '../../engine/results/ports.ts';
import { copied } from './copy.ts';

/** Rows that are sorted at a time, where no bucket has more. */
const SORTED_ROWS = 50_000;

/**
 * Sorts some buckets at a time, as their numbers are ordered, so that no more than these are held in memory. The sorted files are then copied to one, in
 * their order.
 */
export async function copySorted(
  connection: DuckDBConnection,
  { sql, parameters, sortBy: { bucket, columns } }: Required<SortedStatement>,
  to: Parameters<OpenFacts['copy']>[1],
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
