import type { DatabaseSync } from 'node:sqlite';

/** Carries out `work` whole or not at all, a kill in its midst included. @throws what `work` or the commit has thrown */
export function atOnce<Result>(db: Pick<DatabaseSync, 'exec' | 'isTransaction'>, work: () => Result): Result {
  db.exec('BEGIN');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A disk that is full has ended it already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
