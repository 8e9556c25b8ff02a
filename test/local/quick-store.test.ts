import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { closeIterators } from '../../local/patch-dynalite.ts';
import { speedUpStore } from '../../local/quick-store.ts';

const real = createRequire(import.meta.url);
type Row = Record<string, Record<string, string>>;
interface Store {
  db: { open(): Promise<void>; batch(writes: object[]): Promise<void> };
}
type Action = (store: Store, data: object, done: (error: Error | null, answer?: { Items: Row[] }) => void) => void;

/** A store of dynalite's with a table and an index, before or after it is quickened; its actions and what they share are its own. */
async function storeOf(isQuick: boolean) {
  const own = real('dynalite/db') as { create(options: object): Store; updateIndexes: unknown };
  const { create, updateIndexes } = own;
  closeIterators(real);
  if (isQuick) speedUpStore(real);
  const store = own.create({ createTableMs: 0 });
  own.create = create;
  await store.db.open();
  const batches: object[][] = [];
  const { batch } = store.db;
  store.db.batch = (writes) => {
    batches.push(writes);
    return batch.call(store.db, writes);
  };
  const act = (name: string, data: object) =>
    new Promise<{ Items: Row[] } | undefined>((resolve, reject) => {
      (real(`dynalite/actions/${name}`) as Action)(store, data, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  await act('createTable', {
    TableName: 'runs',
    AttributeDefinitions: ['pk', 'sk', 'due'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keysOf('pk', 'sk'),
    GlobalSecondaryIndexes: [
      { IndexName: 'due', KeySchema: keysOf('pk', 'due'), Projection: { ProjectionType: 'ALL' } },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await nextTurn();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const end = () => {
    own.updateIndexes = updateIndexes;
  };
  return { store, batches, act, end };
}
const keysOf = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' },
  { AttributeName: range, KeyType: 'RANGE' },
];
const item = (sk: string, due?: string) => ({
  pk: { S: 'p' },
  sk: { S: sk },
  ...(due === undefined ? {} : { due: { S: due } }),
});
const conditionsOf = (range: object) => ({
  pk: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'p' }] },
  ...range,
});

/** What queries answer after these writes. */
async function answers(isQuick: boolean): Promise<unknown[]> {
  const { act, end } = await storeOf(isQuick);
  const put = (Item: object) => act('putItem', { TableName: 'runs', Item });
  const many = Array.from({ length: 250 }, (_, n) =>
    item(`s${String(n).padStart(3, '0')}`, n % 2 ? `d${n}` : undefined),
  );
  await Promise.all(many.map(put));
  await put(item('s001', 'moved'));
  await act('deleteItem', { TableName: 'runs', Key: item('s003') });
  const after = { sk: { ComparisonOperator: 'GT', AttributeValueList: [{ S: 's100' }] } };
  const between = { sk: { ComparisonOperator: 'BETWEEN', AttributeValueList: [{ S: 's010' }, { S: 's020' }] } };
  const asked = [
    { KeyConditions: conditionsOf({}) },
    { KeyConditions: conditionsOf(after), Limit: 3 },
    { KeyConditions: conditionsOf(after), ScanIndexForward: false, Limit: 120 },
    { KeyConditions: conditionsOf(between) },
    { KeyConditions: conditionsOf({}), IndexName: 'due' },
    { KeyConditions: conditionsOf({}), ExclusiveStartKey: item('s247') },
  ];
  const found: unknown[] = [];
  for (const query of asked) found.push(await act('query', { TableName: 'runs', ...query }));
  for (const sk of ['s001', 's003', 'none']) found.push(await act('getItem', { TableName: 'runs', Key: item(sk) }));
  end();
  return found;
}

describe('a quickened store', () => {
  it("answers as dynalite's own", async () => {
    const plain = await answers(false);
    expect((plain[0] as { Items: Row[] }).Items).toHaveLength(249);
    expect(await answers(true)).toEqual(plain);
  });

  it('writes an item with its entries in indexes by one batch, together with what else is written in the turn', async () => {
    const { act, batches, end } = await storeOf(true);
    await act('putItem', { TableName: 'runs', Item: item('a', 'd1') });
    expect(batches.map((batch) => batch.length)).toEqual([2]);
    // The old entry goes, the new one comes.
    const moved = act('putItem', { TableName: 'runs', Item: item('a', 'd2') });
    await Promise.all([moved, act('putItem', { TableName: 'runs', Item: item('b') })]);
    expect(batches.map((batch) => batch.length)).toEqual([2, 4]);
    end();
  });

  it('hands on the error of a batch that cannot be written', async () => {
    const { store, act, end } = await storeOf(true);
    store.db.batch = () => Promise.reject(new Error('the disk is full'));
    const put = (sk: string) => act('putItem', { TableName: 'runs', Item: item(sk, 'd') });
    for (const one of [put('a'), put('b')]) await expect(one).rejects.toThrow('the disk is full');
    end();
  });
});
