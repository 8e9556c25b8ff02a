import { DatabaseSync } from 'node:sqlite';
import { watched } from '../data-folder.ts';
import { atOnce } from '../sqlite.ts';
import type { EndedExecution, Execution } from './execution.ts';

/** Stores machines and executions across restarts. */
export interface Journal {
  machines(): { name: string; definition: string }[];
  /** The running executions. */
  executions(): Execution[];
  /** In the order in which they ended. */
  ended(): EndedExecution[];
  define(name: string, definition: string): void;
  undefine(name: string): void;
  save(execution: Execution): void;
  /** Keeps only the fields of `EndedExecution` from then on. */
  end(execution: EndedExecution): void;
  /** Removes ended executions, by ARN. */
  forget(arns: string[]): void;
  reset(): void;
  close(): void;
}

/** Stores nothing. */
export const noJournal: Journal = {
  machines: () => [],
  executions: () => [],
  ended: () => [],
  define() {},
  undefine() {},
  save() {},
  end() {},
  forget() {},
  reset() {},
  close() {},
};

/**
 * Stores in a SQLite file: every change is written before the next call is answered, so that a SIGKILL loses none. `onBroken`: the file can no longer
 * be written.
 */
export function fileJournal(file: string, onBroken: (error: Error) => void): Journal {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec('CREATE TABLE IF NOT EXISTS machines (name TEXT PRIMARY KEY, definition TEXT)');
  db.exec('CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, body TEXT)');
  db.exec('CREATE TABLE IF NOT EXISTS ended (place INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT UNIQUE, body TEXT)');
  const put = db.prepare('INSERT OR REPLACE INTO executions VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM executions WHERE arn = ?');
  const putEnded = db.prepare('INSERT OR REPLACE INTO ended (arn, body) VALUES (?, ?)');
  const removeEnded = db.prepare('DELETE FROM ended WHERE arn = ?');
  const definition = db.prepare('INSERT OR REPLACE INTO machines VALUES (?, ?)');
  const bodies = <Body>(table: string): Body[] =>
    (db.prepare(`SELECT body FROM ${table} ORDER BY rowid`).all() as unknown as { body: string }[]).map(
      ({ body }) => JSON.parse(body) as Body, // as it was put there
    );
  const journal: Journal = {
    machines: () =>
      db.prepare('SELECT name, definition FROM machines').all() as unknown as { name: string; definition: string }[],
    executions: () => bodies('executions'),
    ended: () => bodies('ended'),
    define: (name, text) => {
      definition.run(name, text);
    },
    undefine: (name) => {
      db.prepare('DELETE FROM machines WHERE name = ?').run(name);
    },
    save: (execution) => {
      put.run(execution.arn, JSON.stringify(execution));
    },
    end: ({ arn, machine, name, status, startedAt, endedAt }) =>
      atOnce(db, () => {
        remove.run(arn);
        putEnded.run(arn, JSON.stringify({ arn, machine, name, status, startedAt, endedAt } satisfies EndedExecution));
      }),
    forget: (arns) =>
      atOnce(db, () => {
        for (const arn of arns) removeEnded.run(arn);
      }),
    reset: () => db.exec('DELETE FROM machines; DELETE FROM executions; DELETE FROM ended'),
    close: () => db.close(),
  };
  return watched(journal, onBroken);
}
