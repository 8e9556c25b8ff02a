import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { newCredentials } from '../../local/callers.ts';
import { startTables, type Tables } from '../../local/tables.ts';

let folder: string;
let tables: Tables;

const start = async (): Promise<Tables> =>
  startTables(await buildAssembly(), { credentials: newCredentials(), path: folder, onBroken: () => undefined });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-due-'));
  tables = await start();
});
afterAll(async () => {
  await tables.stop();
  await rm(folder, { recursive: true, force: true });
});

const put = (table: string, pk: string, due: object) =>
  tables.client.send(new PutCommand({ TableName: tables.named(table), Item: { pk, sk: '#', ...due } }));

describe('the next instant at which something falls due', () => {
  it('is the earliest of all tables, as they are written', async () => {
    expect(await tables.nextDue()).toBeUndefined();
    await put('profiles', 'p', { dueAt: 300, dueShard: '01' });
    await put('runs', 'r', { dueAt: 200, dueShard: '02' });
    await put('runs', 'no-shard', { dueAt: 100 });
    expect(await tables.nextDue()).toBe(200);

    const run = { TableName: tables.named('runs'), Key: { pk: 'r', sk: '#' } };
    const moved = { UpdateExpression: 'SET dueAt = :at', ExpressionAttributeValues: { ':at': 400 } };
    await tables.client.send(new UpdateCommand({ ...run, ...moved }));
    expect(await tables.nextDue()).toBe(300);
    await put('profiles', 'p', {});
    expect(await tables.nextDue()).toBe(400);
    await tables.client.send(new DeleteCommand(run));
    expect(await tables.nextDue()).toBeUndefined();
  });

  it('is known after a restart, and gone after a reset', async () => {
    await put('runs', 'r', { dueAt: 500, dueShard: '02' });
    await tables.stop();
    tables = await start();
    expect(await tables.nextDue()).toBe(500);
    await tables.reset();
    expect(await tables.nextDue()).toBeUndefined();
  });
});
