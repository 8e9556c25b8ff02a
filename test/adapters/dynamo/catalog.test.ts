import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

test('a version is there as soon as it was put, though a replica does not have it yet', async () => {
  const { client } = new MemoryTables();
  const version = { definition: { name: 'L' }, author: 'ann', at: 0, warnings: [] };
  await definitionStore(client, TABLES.catalog).putVersion('lists', 'vip', 1, version);
  const send = async (command: { input: { ConsistentRead?: boolean } }) =>
    command.input.ConsistentRead ? client.send(command as never) : {};
  // The adapters use nothing of a client but `send`.
  const behind = { send } as unknown as DynamoDBDocumentClient;
  const catalog = catalogStore(behind, { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: () => 0 });
  expect(await catalog.version('lists', 'vip', 1)).toMatchObject({ definition: { name: 'L' } });
});

/** A catalog whose reads wait until `answer` is called, with the sort keys that were read. */
function slowCatalog(memory: MemoryTables, now: () => number = () => 0) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const send = async (command: { input: { Key?: { sk: string } } }) => {
    asked.push(String(command.input.Key?.sk));
    const answered = memory.client.send(command as never);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return answered;
  };
  // The adapters use nothing of a client but `send`.
  const client = { send } as unknown as DynamoDBDocumentClient;
  const catalog = catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 5_000, clock: now });
  const answer = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { asked, answer, catalog };
}

test('calls at the same time share a read of a version, and what may still change is read by each', async () => {
  const memory = new MemoryTables();
  const definitions = definitionStore(memory.client, TABLES.catalog);
  const version = { definition: { name: 'L' }, author: 'ann', at: 0, warnings: [] };
  await definitions.putVersion('lists', 'vip', 1, version);
  const { asked, answer, catalog } = slowCatalog(memory);
  const both = Promise.all([catalog.version('lists', 'vip', 1), catalog.version('lists', 'vip', 1)]);
  await answer();
  expect(await both).toMatchObject([{ definition: { name: 'L' } }, { definition: { name: 'L' } }]);
  expect(asked).toEqual(['v000001']);
  // The first's read began before version 2 was put; the second call came after it.
  const first = catalog.version('lists', 'vip', 2);
  await definitions.putVersion('lists', 'vip', 2, version);
  const second = catalog.version('lists', 'vip', 2);
  await answer();
  await answer();
  expect([await first, (await second)?.definition]).toEqual([undefined, { name: 'L' }]);
  expect(asked).toEqual(['v000001', 'v000002', 'v000002']);
});

test('calls at the same time share a read of the pointer, unless one must have a newer', async () => {
  let now = 10_000;
  const { asked, answer, catalog } = slowCatalog(new MemoryTables(), () => now);
  const three = Promise.all([catalog.snapshot(), catalog.snapshot(), catalog.snapshot({ since: 10_000 })]);
  await answer();
  await three;
  expect(asked).toEqual(['live']);
  now = 20_000;
  const old = catalog.snapshot();
  now = 20_001;
  const fresh = catalog.snapshot({ since: 20_001 });
  await answer();
  await Promise.all([old, fresh]);
  expect(asked).toEqual(['live', 'live', 'live']);
});

test('a version is kept once it is pinned, and not before', async () => {
  const memory = new MemoryTables();
  const definitions = definitionStore(memory.client, TABLES.catalog);
  const version = { definition: { name: 'J' }, author: 'ann', at: 0, warnings: [] };
  // Nothing here looks into a definition.
  await definitions.putVersion('journeys', 'welcome', 1, version as never);
  const asked: string[] = [];
  const send = async (command: { input: { Key?: { sk: string } } }) => {
    asked.push(String(command.input.Key?.sk));
    return memory.client.send(command as never);
  };
  // The adapters use nothing of a client but `send`.
  const client = { send } as unknown as DynamoDBDocumentClient;
  const catalog = catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 5_000, clock: () => 0 });
  const pins = { templates: { hello: 1 }, journeys: {} };
  expect((await catalog.version('journeys', 'welcome', 1))?.pins).toBeUndefined();
  expect(await definitions.pinVersion('journeys', 'welcome', 1, pins, { rev: 1, at: 1 })).toBe(true);
  for (const _again of [1, 2]) expect((await catalog.version('journeys', 'welcome', 1))?.pins).toEqual(pins);
  expect(asked).toEqual(['v000001', 'v000001']);
});
