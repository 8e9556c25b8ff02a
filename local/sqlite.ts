import type { DatabaseSync } from 'node:sqlite';

type Db = Pick<DatabaseSync, 'exec' | 'isTransaction'>;

/** Runs `work` in one transaction, which also survives a kill. @throws whatever `work` or the commit throws */
export function atOnce<Result>(db: Db, work: () => Result): Result {
  db.exec('BEGIN');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Writes that share a transaction. */
export interface TurnTransaction {
  /** To be called before each write: begins a transaction unless one is open. */
  begin(): void;
  /** Resolves once all that was written is committed, so that a kill cannot undo it. @throws what the commit throws */
  stored(): Promise<void>;
  /** Commits at once. */
  commit(): void;
}

/**
 * One transaction for all that is written within a turn of the event loop: of a batch of messages, and of concurrent calls. It survives a kill whole
 * or not at all. Nothing is rolled back but by a full disk, after which the process ends.
 */
export function transactionOfTurn(db: Db): TurnTransaction {
  let committed: PromiseWithResolvers<void> | undefined;

  function commit(): void {
    const waiting = committed;
    if (waiting === undefined) return;
    committed = undefined;
    try {
      db.exec('COMMIT');
      waiting.resolve();
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      waiting.reject(error);
      throw error;
    }
  }

  return {
    begin() {
      if (committed !== undefined) return;
      db.exec('BEGIN');
      committed = Promise.withResolvers();
      // The error is handed to whoever waits; without anybody the error would end the process a second time.
      committed.promise.catch(() => undefined);
      setImmediate(() => {
        try {
          commit();
        } catch {}
      });
    },
    stored: async () => committed?.promise,
    commit,
  };
}
