import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { closeIterators, patchDynalite } from '../../local/patch-dynalite.ts';

const real = createRequire(import.meta.url);
interface Context {
  attrNames: Record<string, string>;
  attrVals: Record<string, object>;
  unusedAttrNames: Record<string, true>;
  unusedAttrVals: Record<string, true>;
  isReserved: () => boolean;
  compare: () => boolean;
}
type Parse = (expression: string, options: { context: Context }) => unknown;
const { parse } = real('dynalite/db/conditionParser') as { parse: Parse };

/** The parser and a store, quickened; dynalite's own stay as they are. */
function quickened(read: (name: string) => unknown) {
  const parser = { parse };
  const db = {
    create: () => ({
      tableDb: { put() {}, del() {} },
      getTable: (name: string, done: (error: null, table: unknown) => void) => done(null, read(name)),
    }),
  };
  const modules: Record<string, unknown> = { 'dynalite/db': db, 'dynalite/db/conditionParser': parser };
  patchDynalite(((name: string) => modules[name] ?? real(name)) as NodeJS.Require);
  return { parser, store: db.create() };
}

const contextOf = (attrVals: Record<string, object>): Context => ({
  attrNames: { '#s': 'status', '#u': 'unused' },
  attrVals,
  unusedAttrNames: { '#s': true, '#u': true },
  unusedAttrVals: Object.fromEntries(Object.keys(attrVals).map((name) => [name, true])),
  isReserved: () => false,
  compare: () => true,
});

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
  it('parses a condition that it knows as dynalite does, with the values of this request', () => {
    const { parser } = quickened(() => undefined);
    const cases: [string, Record<string, object>][] = [
      ['(#s = :a OR #s IN (:b, :a)) AND NOT attribute_exists(claim.by[1])', { ':a': { S: 'open' }, ':b': { S: 'x' } }],
      ['(#s = :a OR #s IN (:b, :a)) AND NOT attribute_exists(claim.by[1])', { ':a': { S: 'done' }, ':b': { S: 'y' } }],
      ['begins_with(#s, :a)', { ':a': { S: 'o' } }],
      ['begins_with(#s, :a)', { ':a': { N: '1' } }],
      ['leg BETWEEN :a AND :b', { ':a': { N: '1' }, ':b': { N: '2' } }],
      ['#s = :a', { ':a': { M: { deep: { S: 'same' } } }, ':b': { N: '1' } }],
      ['#s = :missing', { ':a': { S: 'o' } }],
    ];
    for (const [expression, values] of [...cases, ...cases]) {
      const [own, quick] = [contextOf(values), contextOf(values)];
      const expected = parse(expression, { context: own });
      expect(parser.parse(expression, { context: quick })).toEqual(expected);
      // Unused names and values of an invalid expression are not compared.
      if (typeof expected === 'string') continue;
      expect([quick.unusedAttrNames, quick.unusedAttrVals]).toEqual([own.unusedAttrNames, own.unusedAttrVals]);
    }
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
