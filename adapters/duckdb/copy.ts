import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted, type Statement } from '../../core/results/sql/question.ts';

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

/** Writes the rows to a file of this machine; returns how many. */
export async function copied(
  connection: DuckDBConnection,
  { sql, parameters }: Statement,
  { path, format }: { path: string; format: keyof typeof FORMATS },
): Promise<number> {
  const reader = await connection.runAndReadAll(`COPY (${sql}) TO ${quoted(path)} (${FORMATS[format]})`, parameters);
  return Number(reader.getRowsJS()[0]?.[0] ?? 0);
}
