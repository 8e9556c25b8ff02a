import { isKept } from '../adapters/dynamo/catalog-keys.ts';

type Item = { pk?: { S?: string } } | null | undefined;
interface Store {
  afterWrites(done: () => void): void;
}
interface Db {
  updateIndexes(store: Store, table: { TableName: string }, before: Item, after: Item, done: unknown): void;
}

/** A counter in memory that all threads share. */
export const newCounter = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** Returns the number of changes that a counter has seen. */
export function counterOf(counter: SharedArrayBuffer): () => number {
  const count = new Int32Array(counter);
  return () => Atomics.load(count, 0);
}

/**
 * Counts the writes of items that functions keep in memory, which all go through dynalite, whichever way they came: each after it can be read, and
 * before it is answered. Needs `speedUpStore`.
 */
export function countCatalogChanges(require: NodeJS.Require, counter: SharedArrayBuffer): void {
  const db = require('dynalite/db') as Db;
  const { updateIndexes } = db;
  const count = new Int32Array(counter);
  db.updateIndexes = (store, table, before, after, done) => {
    const item = after ?? before;
    if (table.TableName.endsWith('-catalog') && isKept(item?.pk?.S ?? ''))
      store.afterWrites(() => void Atomics.add(count, 0, 1));
    updateIndexes(store, table, before, after, done);
  };
}
