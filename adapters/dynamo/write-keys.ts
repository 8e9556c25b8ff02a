import { createHash } from 'node:crypto';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { ListedWriteKey, WriteKey, WriteKeys } from '../../engine/ingest/ports.ts';
import type { Clock } from '../../engine/ports.ts';

/** Most known and unknown keys in memory; beyond it, all are dropped. */
const MAX_KEPT = 1_000;

/** Write keys: `write-key#<sha256 of the key>` / `KEY` {id, keyKind, name}; `write-keys` / `<id>` lists them. */
export function writeKeys(
  client: DynamoDBDocumentClient,
  options: {
    table: string /** How long an answer may be kept; 0: looked up every time. */;
    maxAgeMs: number;
    clock: Clock;
  },
): WriteKeys {
  const { table } = options;
  const kept = new Map<string, { found: WriteKey | undefined; at: EpochMs }>();

  return {
    async find(key: string): Promise<WriteKey | undefined> {
      const hash = hashOf(key);
      const now = options.clock();
      const known = kept.get(hash);
      if (known && options.maxAgeMs > 0 && Math.abs(now - known.at) < options.maxAgeMs) return known.found;
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(hash), ConsistentRead: true }));
      const found: WriteKey | undefined = Item && {
        id: String(Item.id),
        kind: Item.keyKind === 'client' ? 'client' : 'server',
        name: String(Item.name),
      };
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(hash, { found, at: now });
      return found;
    },

    /** Puts the listing first, so that a working key can always be found and deleted. A second key under the same id replaces the first. */
    async add(key: string, entry: ListedWriteKey): Promise<void> {
      const { kind, ...rest } = entry;
      const hash = hashOf(key);
      const listing = { pk: 'write-keys', sk: entry.id };
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: listing, ConsistentRead: true }));
      if (Item !== undefined) await client.send(new DeleteCommand({ TableName: table, Key: keyOf(String(Item.hash)) }));
      await client.send(new PutCommand({ TableName: table, Item: { ...listing, hash, keyKind: kind, ...rest } }));
      await client.send(
        new PutCommand({ TableName: table, Item: { ...keyOf(hash), id: entry.id, keyKind: kind, name: entry.name } }),
      );
    },

    async list(page: { limit: number; after?: string }): Promise<{ items: ListedWriteKey[]; next?: string }> {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': 'write-keys' },
          ConsistentRead: true,
          Limit: page.limit,
          ExclusiveStartKey: page.after === undefined ? undefined : { pk: 'write-keys', sk: page.after },
        }),
      );
      const items = Items.map(
        (item): ListedWriteKey => ({
          id: String(item.sk),
          kind: item.keyKind === 'client' ? 'client' : 'server',
          name: String(item.name),
          at: Number(item.at),
          by: String(item.by),
        }),
      );
      return { items, ...(LastEvaluatedKey ? { next: String(LastEvaluatedKey.sk) } : {}) };
    },

    /** Removes a key. Returns false if there is none. The key itself goes first, so that it never outlives its listing. */
    async remove(id: string): Promise<boolean> {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: 'write-keys', sk: id }, ConsistentRead: true }),
      );
      if (Item === undefined) return false;
      await client.send(new DeleteCommand({ TableName: table, Key: keyOf(String(Item.hash)) }));
      await client.send(new DeleteCommand({ TableName: table, Key: { pk: 'write-keys', sk: id } }));
      return true;
    },
  };
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const keyOf = (hash: string) => ({ pk: `write-key#${hash}`, sk: 'KEY' });
