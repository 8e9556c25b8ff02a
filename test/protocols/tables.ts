import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, type GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** dynalite ships no types; this is the part that is used here. */
interface Dynalite {
  listen(port: number, host: string, done: () => void): void;
  close(done: () => void): void;
  address(): AddressInfo;
}
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Dynalite;

export const TABLES = {
  profiles: 'profiles',
  runs: 'runs',
  messages: 'messages',
  catalog: 'catalog',
  metrics: 'metrics',
};

/** Index name → its key attributes; N is a number. As in `docs/architecture.md`. */
export const INDEXES: Record<string, Record<string, [string, string, ('S' | 'N')?]>> = {
  profiles: { due: ['dueShard', 'dueAt', 'N'], membership: ['member', 'pk'] },
  runs: { due: ['dueShard', 'dueAt', 'N'], journey: ['journey', 'profileAt'], profile: ['profile', 'at', 'N'] },
  messages: {
    due: ['dueShard', 'dueAt', 'N'],
    source: ['source', 'sourceAt'],
    profile: ['profile', 'at', 'N'],
    held: ['held', 'heldAt', 'N'],
    day: ['day', 'at', 'N'],
  },
  catalog: { due: ['dueShard', 'dueAt', 'N'], kind: ['kind', 'pk'] },
  metrics: {},
};

/** Cairn's tables in a DynamoDB emulator in this process. */
export async function startTables(): Promise<{ client: DynamoDBDocumentClient; stop: () => Promise<void> }> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${server.address().port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  for (const [table, indexes] of Object.entries(INDEXES)) await base.send(createTable(table, indexes));
  const client = DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } });
  const stop = async () => {
    base.destroy();
    await new Promise<void>((resolve) => server.close(resolve));
  };
  return { client, stop };
}

function createTable(table: string, indexes: Record<string, [string, string, ('S' | 'N')?]>): CreateTableCommand {
  const attributes = new Map<string, 'S' | 'N'>([
    ['pk', 'S'],
    ['sk', 'S'],
  ]);
  const secondary = Object.entries(indexes).map(([IndexName, [hash, range, type]]): GlobalSecondaryIndex => {
    attributes.set(hash, 'S').set(range, type ?? 'S');
    return {
      IndexName,
      KeySchema: [
        { AttributeName: hash, KeyType: 'HASH' },
        { AttributeName: range, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    };
  });
  return new CreateTableCommand({
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: secondary.length > 0 ? secondary : undefined,
  });
}
