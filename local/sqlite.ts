import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` in one transaction, which also survives a kill. @throws whatever `work` or the commit throws */
export function atOnce<Result>(db: Pick<DatabaseSync, 'exec' | 'isTransaction'>, work: () => Result): Result {
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
