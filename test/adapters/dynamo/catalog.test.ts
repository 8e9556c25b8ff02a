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
