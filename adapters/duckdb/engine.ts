import { stat } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Layout } from '../../core/results/fact-files.ts';
import { factsOf } from '../../core/results/facts-view.ts';
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
  return {
    async open<Result>(files: Layout, work: (facts: OpenFacts) => Promise<Result>): Promise<Result> {
      instance ??= start();
      const connection = await (await instance).connect();
      try {
        await connection.run("SET TimeZone = 'UTC'");
        await connection.run(`CREATE TEMP VIEW facts AS ${factsOf(files)}`);
        return await work(factsBy(connection));
      } finally {
        connection.closeSync();
      }
    },
  };
}

const factsBy = (connection: DuckDBConnection): OpenFacts => ({
  async rows({ sql, parameters }: Statement): Promise<object[]> {
    const reader = await connection.runAndReadAll(sql, parameters);
    return reader
      .getRowObjectsJS()
      .map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)])));
  },

  async copy({ sql, parameters }, { path, format }) {
    const reader = await connection.runAndReadAll(`COPY (${sql}) TO '${path}' (${FORMATS[format]})`, parameters);
    await stat(path);
    return Number(reader.getRowsJS()[0]?.[0] ?? 0);
  },
});

/** Values that JSON has. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
