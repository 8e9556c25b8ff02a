import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { writeKeys } from '../../adapters/dynamo/write-keys.ts';
import { buildAssembly } from '../../local/assembly.ts';
import { newCredentials } from '../../local/callers.ts';
import { counterOf } from '../../local/catalog-changes.ts';
import { caller } from '../../local/direct/calls.ts';
import { directClients } from '../../local/direct/clients.ts';
import { startTables, type Tables } from '../../local/tables.ts';

const PAUSE = { since: 0 };
let tables: Tables;
let changes: () => number;
const credentials = newCredentials();

beforeAll(async () => {
  tables = await startTables(await buildAssembly(), { credentials, onBroken: () => undefined });
  if (tables.catalogChanges === undefined) throw new Error('nobody counts');
  changes = counterOf(tables.catalogChanges);
});
afterAll(() => tables.stop());

/** A client of the tables that calls them without HTTP. */
function direct(): DynamoDBDocumentClient {
  const port = tables.connect();
  if (port === undefined) throw new Error('the tables are not of this process');
  const client = new DynamoDBClient({ region: 'us-east-1', credentials });
  directClients({ asks: { dynamodb: caller(port) } })(client, 5_000);
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

describe.each([
  ['by HTTP', () => tables.client],
  ['from thread to thread', direct],
])('changes of what functions keep copies of, %s', (_how, connect) => {
  it('are counted before they are answered, and nothing else is', async () => {
    const client = connect();
    const rules = liveRules(client, tables.named('catalog'));
    const keys = writeKeys(client, { table: tables.named('catalog'), maxAgeMs: 0, clock: () => 0 });
    const counted = async (change: () => Promise<unknown>): Promise<boolean> => {
      const before = changes();
      await change();
      return changes() > before;
    };
    expect(await counted(() => rules.change(0, async (live) => live))).toBe(true);
    expect(await counted(() => rules.setPause({ channel: 'sms' }, PAUSE))).toBe(true);
    expect(await counted(() => rules.setPause({ channel: 'sms' }, undefined))).toBe(true);
    const entry = { id: 'app', kind: 'client', name: 'app', at: 0, by: 'ann' } as const;
    expect(await counted(() => keys.add('key', entry))).toBe(true);
    expect(await counted(() => keys.remove('app'))).toBe(true);
    expect(await counted(() => rules.read())).toBe(false);
    expect(await counted(() => keys.find('key'))).toBe(false);
  });

  it('leave no copy in force', async () => {
    const client = connect();
    const options = { table: tables.named('catalog'), maxAgeMs: 0, clock: () => 0, changes };
    const [keys, others] = [writeKeys(client, options), writeKeys(tables.client, options)];
    for (const round of [1, 2, 3]) {
      expect(await keys.find('key')).toBeUndefined();
      await others.add('key', { id: 'app', kind: 'client', name: `app ${round}`, at: 0, by: 'ann' });
      expect(await keys.find('key')).toMatchObject({ name: `app ${round}` });
      await others.remove('app');
    }
  });
});
