import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { everyRow } from '../../core/results/facts-view.ts';
import { quoted } from '../../core/results/sql/question.ts';

/** Fewer files are read where they lie. */
const MIN_FILES = 8;
/** More bytes as well: in memory they take some six times as many. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Table {
  name: string;
  /** Numbers of the files whose rows it has, by their paths. */
  files: Map<string, number>;
  /** No fact is in two of its files: as good as always, for a batch seldom comes again. */
  isOnce: boolean;
  users: number;
}

/** Rows that a question may read until it lets go of them. */
export interface Rows {
  sql: string;
  /** Whether each fact is known to be there once. */
  isOnce: boolean;
  release(connection: DuckDBConnection): Promise<void>;
}

/**
 * The rows of small files in the engine's memory. Within an hour there are hundreds of files that no compaction has put together, each of which takes
 * milliseconds to open: so each is read once, and not at each question. What is under a path never changes.
 */
export function recentFacts() {
  let table: Table | undefined;
  let made = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function letGo(connection: DuckDBConnection, one: Table): Promise<void> {
    one.users -= 1;
    if (one.users === 0 && one !== table) await connection.run(`DROP TABLE "${one.name}"`);
  }

  /** Takes a new table where most rows of the old one are of files that are gone. */
  async function tableFor(connection: DuckDBConnection, paths: readonly string[]): Promise<Table> {
    const isWorn = table === undefined || table.files.size > 2 * paths.length;
    if (table !== undefined && !isWorn) return table;
    const old = table;
    made += 1;
    const fresh: Table = { name: `recent_${made}`, files: new Map(), isOnce: true, users: 0 };
    await connection.run(`CREATE TABLE "${fresh.name}" AS SELECT *, 0 AS file FROM (${everyRow([])})`);
    table = fresh;
    if (old?.users === 0) await connection.run(`DROP TABLE "${old.name}"`);
    return fresh;
  }

  async function rowsOf(connection: DuckDBConnection, paths: readonly string[]): Promise<Rows> {
    const its = await tableFor(connection, paths);
    const missing = paths.filter((path) => !its.files.has(path));
    if (missing.length > 0) {
      const first = its.files.size;
      const numbers = missing.map((path, index) => `(${first + index}, ${quoted(path)})`).join(', ');
      await connection.run(`INSERT INTO "${its.name}" BY NAME SELECT f.* EXCLUDE (filename), n.file
        FROM (${everyRow(missing, 'filename')}) AS f JOIN (VALUES ${numbers}) AS n(file, filename) USING (filename)`);
      for (const [index, path] of missing.entries()) its.files.set(path, first + index);
      const counted = await connection.runAndReadAll(`SELECT count(*) = count(DISTINCT "id") FROM "${its.name}"`);
      its.isOnce = counted.getRowsJS()[0]?.[0] === true;
    }
    its.users += 1;
    const wanted = paths.map((path) => its.files.get(path));
    // Another question may add files before this one is asked.
    const where = its.files.size === wanted.length ? `file < ${wanted.length}` : `file IN (${wanted.join(', ')})`;
    return {
      sql: `SELECT * EXCLUDE (file) FROM "${its.name}" WHERE ${where}`,
      isOnce: its.isOnce,
      release: (connection) => letGo(connection, its),
    };
  }

  return {
    /** Returns the rows of these files, each as often as it is there. */
    async rows(connection: DuckDBConnection, paths: readonly string[]): Promise<Rows> {
      const asTheyLie: Rows = { sql: everyRow(paths), isOnce: false, release: async () => {} };
      if (paths.length < MIN_FILES || (await bytesOf(paths)) > MAX_BYTES) return asTheyLie;
      const rows = last.then(() => rowsOf(connection, paths));
      last = rows.catch(() => {});
      return rows;
    },
  };
}

async function bytesOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
