import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

async function known(count: number) {
  const memory = new MemoryTables();
  const definitions = definitionStore(memory.client, TABLES.catalog);
  for (let n = 0; n < count; n += 1)
    await definitions.putVersion('content', `case-${n}`, 1, {
      definition: { kind: 'case', match: {}, fields: { n } },
      author: 'ann',
      at: 0,
      warnings: [],
    });
  const sizes: number[] = [];
  const send = async (command: { input: { RequestItems?: Record<string, { Keys: object[] }> } }) => {
    sizes.push(command.input.RequestItems?.[TABLES.catalog]?.Keys.length ?? 0);
    return memory.client.send(command as never);
  };
  // The adapters use nothing of a client but `send`.
  const client = { send } as unknown as DynamoDBDocumentClient;
  return { sizes, catalog: catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: () => 0 }) };
}
const versionsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`case-${n}`, 1] as const));

test('a kind is read in one call, whoever asks at the same time, and then not again', async () => {
  const { sizes, catalog } = await known(100);
  const [first, second] = await Promise.all([catalog.content(versionsOf(100)), catalog.content(versionsOf(100))]);
  expect(first.map(({ definition }) => definition.fields.n).toSorted()).toEqual(
    Array.from({ length: 100 }, (_, n) => n).toSorted(),
  );
  expect(second).toEqual(first);
  expect((await catalog.content(versionsOf(40))).map(({ id }) => id)).toContain('case-39');
  expect(await catalog.content({})).toEqual([]);
  expect(sizes).toEqual([100]);
});

test('only what is not kept is read, and an item that never was is left out', async () => {
  const { sizes, catalog } = await known(3);
  await catalog.content(versionsOf(2));
  expect((await catalog.content({ ...versionsOf(3), gone: 1 })).map(({ id }) => id).sort()).toEqual([
    'case-0',
    'case-1',
    'case-2',
  ]);
  expect(sizes).toEqual([2, 2]);
});
