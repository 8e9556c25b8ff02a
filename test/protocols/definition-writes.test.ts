import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import type { Head } from '../../core/definitions/definition.ts';
import { MemoryTables } from './memory.ts';
import { START } from './script.ts';
import { TABLES } from './tables.ts';

const version = { definition: { name: 'L' }, author: 'ann', at: START, warnings: [] };
const head = (rev: number, latest: number): Head => ({ rev, latest, hash: '', status: 'draft', authors: [] });

it('a version that a head named before it was changed again stays, though the answer of its write was lost', async () => {
  const { client } = new MemoryTables();
  const others = definitionStore(client, TABLES.catalog);
  await others.putVersion('lists', 'vip', 1, version);
  await others.commitHead('lists', 'vip', undefined, head(1, 1));
  // The SDK repeats the call, and others come in between.
  const send = async (command: { constructor: { name: string }; input: { Item?: { sk: string; rev: number } } }) => {
    const { Item } = command.input;
    if (command.constructor.name !== 'PutCommand' || Item?.sk !== 'HEAD') return client.send(command as never);
    await client.send(command as never);
    await others.commitHead('lists', 'vip', 2, head(3, 2));
    return client.send(command as never);
  };
  // The adapters use nothing of a client but `send`.
  const unlucky = definitionStore({ send } as unknown as DynamoDBDocumentClient, TABLES.catalog);
  await unlucky.putVersion('lists', 'vip', 2, version);
  expect(await unlucky.commitHead('lists', 'vip', 1, head(2, 2))).toBe(false);
  await unlucky.removeVersion('lists', 'vip', 2, 2);
  expect(await others.version('lists', 'vip', 2)).toMatchObject(version);
});

it('a version whose head was refused is removed', async () => {
  const store = definitionStore(new MemoryTables().client, TABLES.catalog);
  await store.putVersion('lists', 'vip', 1, version);
  await store.commitHead('lists', 'vip', undefined, head(1, 1));
  await store.putVersion('lists', 'vip', 2, version);
  await store.commitHead('lists', 'vip', 1, head(2, 1));
  expect(await store.commitHead('lists', 'vip', 1, head(2, 2))).toBe(false);
  await store.removeVersion('lists', 'vip', 2, 2);
  expect(await store.version('lists', 'vip', 2)).toBeUndefined();
});
