import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { closeIterators, patchDynalite } from '../../local/patch-dynalite.ts';

const real = createRequire(import.meta.url);
/** A store, quickened; dynalite's own stay as they are. */
function quickened(read: (name: string) => unknown) {
  const db = {
    create: () => ({
      tableDb: { put() {}, del() {} },
      getTable: (name: string, done: (error: null, table: unknown) => void) => done(null, read(name)),
    }),
  };
  const modules: Record<string, unknown> = { 'dynalite/db': db, 'node:crypto': { ...(real('node:crypto') as object) } };
  patchDynalite(((name: string) => modules[name] ?? real(name)) as NodeJS.Require);
  return { store: db.create(), crypto: modules['node:crypto'] as typeof import('node:crypto') };
}

interface Store {
  db: { open(): Promise<void>; values(options: object): { next(): Promise<unknown> } };
  getItemDb(name: string): { createValueStream(options: object): Readable };
}

describe('a query of dynalite', () => {
  it.each([
    ['read to its end', (stream: Readable) => stream.resume()],
    ['broken off', (stream: Readable) => stream.destroy()],
  ])('leaves no iterator open: %s', async (_how, finish) => {
    closeIterators(real);
    const { create } = real('dynalite/db') as { create(options: object): Store };
    const store = create({});
    await store.db.open();
    const opened: { next(): Promise<unknown> }[] = [];
    const values = store.db.values.bind(store.db);
    store.db.values = (options) => {
      const iterator = values(options);
      opened.push(iterator);
      return iterator;
    };
    const stream = store.getItemDb('runs').createValueStream({});
    const closed = once(stream, 'close');
    finish(stream);
    await closed;
    expect(opened).toHaveLength(1);
    await expect(opened[0]?.next()).rejects.toMatchObject({ code: 'LEVEL_ITERATOR_NOT_OPEN' });
  });
});

describe('a quickened dynalite', () => {
  it('hashes as Node does', () => {
    const { crypto } = quickened(() => undefined);
    const ofParts = (hash: { update(part: string | Buffer): typeof hash; digest(encoding: 'hex'): string }) =>
      hash.update('Outliers').update(Buffer.from('你好 👋')).update(Buffer.from([])).digest('hex');
    for (const algorithm of ['md5', 'sha256'])
      expect(ofParts(crypto.createHash(algorithm))).toBe(ofParts(createHash(algorithm)));
  });

  it('reads a table anew once one is written', () => {
    let reads = 0;
    const { store } = quickened((name) => ({ name, read: ++reads }));
    const seen: unknown[] = [];
    const see = (_error: null, table: unknown) => seen.push(table);
    store.getTable('runs', see);
    store.getTable('runs', see);
    store.tableDb.put();
    store.getTable('runs', see);
    expect(seen).toEqual([1, 1, 2].map((read) => ({ name: 'runs', read })));
  });
});
