import { DatabaseSync } from 'node:sqlite';
import type { Execution } from './engine.ts';

/** Where machines and executions are kept over a restart. */
export interface Journal {
  machines(): { name: string; definition: string }[];
  executions(): Execution[];
  define(name: string, definition: string): void;
  undefine(name: string): void;
  save(execution: Execution): void;
  end(execution: Execution): void;
  reset(): void;
  close(): void;
}

/** Keeps nothing. */
export const noJournal: Journal = {
  machines: () => [],
  executions: () => [],
  define() {},
  undefine() {},
  save() {},
  end() {},
  reset() {},
  close() {},
};

/** In a SQLite file: every change is written before the next call is answered, so that a SIGKILL loses none. */
export function fileJournal(file: string): Journal {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec('CREATE TABLE IF NOT EXISTS machines (name TEXT PRIMARY KEY, definition TEXT)');
  db.exec('CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, body TEXT)');
  const put = db.prepare('INSERT OR REPLACE INTO executions VALUES (?, ?)');
  const definition = db.prepare('INSERT OR REPLACE INTO machines VALUES (?, ?)');
  const save = (execution: Execution): void => {
    put.run(execution.arn, JSON.stringify(execution));
  };
  return {
    machines: () =>
      db.prepare('SELECT name, definition FROM machines').all() as unknown as { name: string; definition: string }[],
    executions: () =>
      (db.prepare('SELECT body FROM executions').all() as unknown as { body: string }[]).map(
        ({ body }) => JSON.parse(body) as Execution,
      ),
    define: (name, text) => {
      definition.run(name, text);
    },
    undefine: (name) => {
      db.prepare('DELETE FROM machines WHERE name = ?').run(name);
    },
    save,
    end: save,
    reset: () => db.exec('DELETE FROM machines; DELETE FROM executions'),
    close: () => db.close(),
  };
}
