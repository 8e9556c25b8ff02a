import { randomBytes } from 'node:crypto';
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { liveRules } from '../../../adapters/dynamo/live-rules.ts';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeEach(async () => {
  ({ client, stop } = await startTables());
});
afterEach(() => stop());

const rules = () => liveRules(client, TABLES.catalog);
const reader = (pointerMaxAgeMs: number, clock = () => NOW) =>
  catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs, clock });
const withPool = (id: string) => async (live: Snapshot) => ({
  ...live,
  pools: [...live.pools, { id, redeemedBy: [] }],
});
const poolsOf = async (store: ReturnType<typeof reader>) => (await store.snapshot()).snapshot.pools.map(({ id }) => id);
const parts = async () =>
  (
    await client.send(
      new QueryCommand({
        TableName: TABLES.catalog,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': 'snapshot' },
        Select: 'COUNT',
      }),
    )
  ).Count;

describe('the live rules', () => {
  test('are the defaults before anything is defined', async () => {
    expect(await reader(0).snapshot()).toMatchObject({
      snapshot: emptySnapshot(),
      pointer: { version: 0, channels: {}, journeys: {} },
    });
  });

  test('a change is seen at once without an age, and after the age with one', async () => {
    let now = NOW;
    const [fresh, aged] = [reader(0), reader(5_000, () => now)];
    await rules().change(NOW, withPool('a'));
    expect(await poolsOf(aged)).toEqual(['a']);
    await rules().change(NOW, withPool('b'));
    expect(await poolsOf(fresh)).toEqual(['a', 'b']);
    expect(await poolsOf(aged)).toEqual(['a']);
    now += 5_000;
    expect(await poolsOf(aged)).toEqual(['a', 'b']);
  });

  test('where changes are counted, a copy is used until the next one, at any age', async () => {
    let [now, changes, reads] = [NOW, 1, 0];
    const counting = Object.assign(Object.create(client) as DynamoDBDocumentClient, {
      send: (command: never) => {
        reads += 1;
        return client.send(command);
      },
    });
    const options = { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: () => now, changes: () => changes };
    const store = catalogStore(counting, options);
    await rules().change(NOW, withPool('a'));
    expect(await poolsOf(store)).toEqual(['a']);
    const before = reads;
    now += 3600_000;
    expect(await poolsOf(store)).toEqual(['a']);
    expect((await store.snapshot({ since: now })).pointer.version).toBe(1);
    expect(reads).toBe(before);
    await rules().change(NOW, withPool('b'));
    changes += 1;
    expect(await poolsOf(store)).toEqual(['a', 'b']);
    // A version that somebody has seen cannot be newer; if it is, the copy is not believed.
    expect(reads).toBeGreaterThan(before);
    const then = reads;
    await store.snapshot({ version: 3 });
    expect(reads).toBe(then + 1);
  });

  test('changes at the same time are all in force', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `p${index}`);
    await Promise.all(ids.map((id) => rules().change(NOW, withPool(id))));
    const store = reader(0);
    expect((await poolsOf(store)).sort()).toEqual(ids);
    expect((await store.snapshot()).snapshot.version).toBe(10);
  });

  test('a snapshot larger than an item lies in parts', async () => {
    const id = randomBytes(600_000).toString('base64');
    await rules().change(NOW, withPool(id));
    expect(await parts()).toBeGreaterThan(1);
    expect(await poolsOf(reader(0))).toEqual([id]);
  });

  test('superseded snapshots stay for those who just read the pointer, and go later', async () => {
    for (const id of ['a', 'b', 'c']) await rules().change(NOW, withPool(id));
    expect(await parts()).toBe(3);
    await rules().change(NOW + 3600_000, withPool('d'));
    expect(await parts()).toBe(2);
    expect(await poolsOf(reader(0))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('pauses stand beside the snapshot and survive its changes', async () => {
    await rules().setPause({ channel: 'sms' }, { since: NOW, all: true });
    await rules().setPause({ journey: 'cart' }, { since: NOW });
    await rules().change(NOW, withPool('a'));
    expect((await reader(0).snapshot()).pointer).toMatchObject({
      channels: { sms: { since: NOW, all: true } },
      journeys: { cart: { since: NOW } },
    });
    await rules().setPause({ channel: 'sms' }, undefined);
    await rules().setPause({ channel: 'push' }, undefined);
    expect((await reader(0).snapshot()).pointer.channels).toEqual({});
  });
});
