import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFauxqs } from '../../local/fauxqs.ts';
import { transactionOfTurn } from '../../local/sqlite.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A database, and what another process would find in it now: what survives a SIGKILL. */
function database() {
  const file = join(folder, 'some.db');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE rows (n)');
  const other = new DatabaseSync(file);
  const commands: string[] = [];
  const transaction = transactionOfTurn({
    get isTransaction() {
      return db.isTransaction;
    },
    exec(sql) {
      commands.push(sql);
      db.exec(sql);
    },
  });
  const write = (n: number) => {
    transaction.begin();
    db.exec(`INSERT INTO rows VALUES (${n})`);
  };
  const kept = () => other.prepare('SELECT count(*) AS n FROM rows').get()?.n;
  return { db, transaction, write, kept, commands };
}

describe('the transaction of a turn', () => {
  it('holds all writes of the turn, and is over when somebody has waited for them', async () => {
    const { transaction, write, kept, commands } = database();
    const send = async (n: number) => {
      write(n);
      await transaction.stored();
      return kept();
    };
    expect(kept()).toBe(0);
    expect(await Promise.all([1, 2, 3].map(send))).toEqual([3, 3, 3]);
    expect(commands).toEqual(['BEGIN', 'COMMIT']);
    expect(await send(4)).toBe(4);
    await transaction.stored();
    expect(commands).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT']);
  });

  it('is committed at once at the end', () => {
    const { transaction, write, kept } = database();
    write(1);
    transaction.commit();
    transaction.commit();
    expect(kept()).toBe(1);
  });

  it('tells everybody who waits that it could not be committed', async () => {
    const { db, transaction, write } = database();
    write(1);
    const waiting = [transaction.stored(), transaction.stored()];
    // As a full disk does.
    db.exec('ROLLBACK');
    for (const one of waiting) await expect(one).rejects.toThrow('no transaction is active');
    write(2);
    await expect(transaction.stored()).resolves.toBeUndefined();
  });
});

describe("the queues' file", () => {
  it('is written ahead, and not synced at each commit', async () => {
    const { db, close } = (await loadFauxqs()).openPersistence(folder);
    const setting = (name: string) => (db as DatabaseSync).prepare(`PRAGMA ${name}`).get()?.[name];
    expect([setting('journal_mode'), setting('synchronous')]).toEqual(['wal', 1]);
    close.call({ db });
  });
});
