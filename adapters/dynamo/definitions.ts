import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Version } from '../../core/catalog/definitions.ts';
import { compress } from '../../core/compression.ts';
import type { Head, Kind } from '../../core/definitions/definition.ts';
import { DefinitionIdSchema } from '../../core/definitions/id.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import type { DefinitionStore } from '../../engine/definitions/ports.ts';
import { versionOf } from './catalog.ts';
import { definitionKey, versionKey } from './catalog-keys.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';

/** Definitions as the API writes them: a version is put first, then `HEAD` is updated under a condition on its `rev`. */
export function definitionStore(client: DynamoDBDocumentClient, table: string): DefinitionStore {
  async function read(pk: string, sk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }));
    return Item;
  }

  return {
    async head(kind: Kind, id: string): Promise<Head | undefined> {
      // An invalid id is not looked up: DynamoDB refuses keys over 2 KB.
      if (!DefinitionIdSchema.safeParse(id).success) return undefined;
      const item = await read(definitionKey(kind, id), 'HEAD');
      return item && headOf(item);
    },

    async version<K extends Kind>(kind: K, id: string, n: number): Promise<Version<K> | undefined> {
      const item = await read(definitionKey(kind, id), versionKey(n));
      return item && versionOf<K>(item);
    },

    async versions<K extends Kind>(kind: K, id: string, page: { limit: number; before?: number }) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': definitionKey(kind, id),
            ':first': versionKey(1),
            ':last': page.before === undefined ? 'v~' : versionKey(page.before - 1),
          },
          ScanIndexForward: false,
          Limit: page.limit,
        }),
      );
      return Items.map((item) => ({ n: Number(String(item.sk).slice(1)), ...versionOf<K>(item) }));
    },

    async list(
      kind: Kind,
      page: { limit: number; after?: string },
    ): Promise<{ items: { id: string; head: Head }[]; next?: string }> {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'kind',
          KeyConditionExpression: '#kind = :kind AND pk > :after',
          ExpressionAttributeNames: { '#kind': 'kind' },
          ExpressionAttributeValues: { ':kind': kind, ':after': definitionKey(kind, page.after ?? '') },
          Limit: page.limit,
        }),
      );
      const keys = Items.map((item) => String(item.pk));
      const heads = await readHeads(keys);
      const items = keys.flatMap((pk) => {
        const head = heads.get(pk);
        return head && !head.deleted ? [{ id: pk.slice(kind.length + 1), head }] : [];
      });
      const last = LastEvaluatedKey && keys.at(-1);
      return { items, ...(last === undefined ? {} : { next: last.slice(kind.length + 1) }) };
    },

    putVersion(kind: Kind, id: string, n: number, version: Omit<Version, 'pins'>): Promise<boolean> {
      const op = newOperation();
      const Item = {
        pk: definitionKey(kind, id),
        sk: versionKey(n),
        op,
        definition: compress(version.definition),
        ...(version.sent === undefined ? {} : { sent: compress(version.sent) }),
        author: version.author,
        at: version.at,
        ...(version.warnings.length === 0 ? {} : { warnings: compress(version.warnings) }),
        ...(version.compiled === undefined ? {} : { compiled: compress(version.compiled) }),
      };
      return carriedOut(
        client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
        async () => (await read(Item.pk, Item.sk))?.op === op,
      );
    },

    async removeVersion(kind: Kind, id: string, n: number): Promise<void> {
      await client.send(
        new DeleteCommand({ TableName: table, Key: { pk: definitionKey(kind, id), sk: versionKey(n) } }),
      );
    },

    commitHead(kind: Kind, id: string, expected: number | undefined, next: Head): Promise<boolean> {
      const op = newOperation();
      const pk = definitionKey(kind, id);
      return carriedOut(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk, sk: 'HEAD', ...(next.deleted ? {} : { kind }), ...next, op },
            ConditionExpression: expected === undefined ? 'attribute_not_exists(pk)' : 'rev = :rev',
            ExpressionAttributeValues: expected === undefined ? undefined : { ':rev': expected },
          }),
        ),
        async () => (await read(pk, 'HEAD'))?.op === op,
      );
    },

    pinVersion(kind: Kind, id: string, n: number, pins: Pins, rev: number): Promise<boolean> {
      return isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: definitionKey(kind, id), sk: versionKey(n) },
            UpdateExpression: 'SET pins = :pins, pinnedRev = :rev',
            ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(pinnedRev) OR pinnedRev <= :rev)',
            ExpressionAttributeValues: { ':pins': pins, ':rev': rev },
          }),
        ),
      );
    },
  };

  async function readHeads(pks: string[]): Promise<Map<string, Head>> {
    const heads = new Map<string, Head>();
    for (let left = pks.map((pk) => ({ pk, sk: 'HEAD' })); left.length > 0; ) {
      const asked = left.slice(0, 100);
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: asked, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[table] ?? []) heads.set(String(item.pk), headOf(item));
      left = [...((UnprocessedKeys?.[table]?.Keys ?? []) as typeof left), ...left.slice(asked.length)];
    }
    return heads;
  }
}

/** The item as `commitHead` wrote it. */
function headOf(item: Record<string, unknown>): Head {
  const { pk: _pk, sk: _sk, kind: _kind, op: _op, ...head } = item;
  return head as unknown as Head;
}
