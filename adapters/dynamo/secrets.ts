import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { SecretEntry, SecretStore } from '../../engine/definitions/ports.ts';

/**
 * Values for the headers of webhooks: `secrets` / `<id>` {at, by} lists it, and `secret#<id>` / `VALUE` {value} holds the value. They are separate
 * items, so that a role may list or replace secrets without reading any.
 */
export function secretStore(client: DynamoDBDocumentClient, table: string): SecretStore {
  const entryKey = (id: string) => ({ pk: 'secrets', sk: id });
  const valueKey = (id: string) => ({ pk: `secret#${id}`, sk: 'VALUE' });

  return {
    /** Puts the value first, so that every listed secret can be used. Returns whether there was none before. */
    async put({ id, at, by }: SecretEntry, value: string): Promise<{ created: boolean }> {
      await client.send(new PutCommand({ TableName: table, Item: { ...valueKey(id), value, at } }));
      const { Attributes } = await client.send(
        new PutCommand({ TableName: table, Item: { ...entryKey(id), at, by }, ReturnValues: 'ALL_OLD' }),
      );
      return { created: Attributes === undefined };
    },

    async has(id: string): Promise<boolean> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: entryKey(id), ConsistentRead: true }));
      return Item !== undefined;
    },

    async list(page: { limit: number; after?: string | undefined }): Promise<{ items: SecretEntry[]; next?: string }> {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': entryKey('').pk },
          ConsistentRead: true,
          Limit: page.limit,
          ExclusiveStartKey: page.after === undefined ? undefined : entryKey(page.after),
        }),
      );
      const items = Items.map(({ sk, at, by }) => ({ id: String(sk), at: Number(at), by: String(by) }));
      const next = LastEvaluatedKey === undefined ? undefined : items.at(-1)?.id;
      return next === undefined ? { items } : { items, next };
    },

    /** Removes the value first: if the call breaks off, its repeat still finds the entry. */
    async remove(id: string): Promise<void> {
      await client.send(new DeleteCommand({ TableName: table, Key: valueKey(id) }));
      await client.send(new DeleteCommand({ TableName: table, Key: entryKey(id) }));
    },

    /** Only for the function `webhook`: no other role may read it. */
    async value(id: string): Promise<string | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: valueKey(id), ConsistentRead: true }));
      return Item === undefined ? undefined : String(Item.value);
    },
  };
}
