import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SecretEntry, SecretStore } from '../../engine/definitions/ports.ts';
import { expression } from './expressions.ts';
import { tableOf } from './table.ts';

/**
 * Values for the headers of webhooks: `secrets` / `<id>` {at, by} lists it, and `secret#<id>` / `VALUE` {value} holds the value. They are separate
 * items, so that a role may list or replace secrets without reading any.
 */
export function secretStore(client: DynamoDBDocumentClient, table: string): SecretStore {
  const secrets = tableOf(client, table);
  const entryKey = (id: string) => ({ pk: 'secrets', sk: id });
  const valueKey = (id: string) => ({ pk: `secret#${id}`, sk: 'VALUE' });

  return {
    /** Puts the value first, so that every listed secret can be used. Returns whether there was none before. */
    async put({ id, at, by }: SecretEntry, value: string): Promise<{ created: boolean }> {
      await secrets.put({ ...valueKey(id), value, at });
      return { created: (await secrets.replace({ ...entryKey(id), at, by })) === undefined };
    },

    async has(id: string): Promise<boolean> {
      return (await secrets.get(entryKey(id))) !== undefined;
    },

    async list(page: { limit: number; after?: string | undefined }): Promise<{ items: SecretEntry[]; next?: string }> {
      const read = await secrets.query(expression`#pk = ${entryKey('').pk}`, {
        consistent: true,
        limit: page.limit,
        after: page.after === undefined ? undefined : entryKey(page.after),
      });
      const items = read.items.map(({ sk, at, by }) => ({ id: String(sk), at: Number(at), by: String(by) }));
      const next = read.next === undefined ? undefined : items.at(-1)?.id;
      return next === undefined ? { items } : { items, next };
    },

    /** Removes the value first: if the call breaks off, its repeat still finds the entry. */
    async remove(id: string): Promise<void> {
      await secrets.delete(valueKey(id));
      await secrets.delete(entryKey(id));
    },

    /** Only for the functions `webhook` and `send-webhook`: no other role may read it. */
    async value(id: string): Promise<string | undefined> {
      const item = await secrets.get(valueKey(id));
      return item && String(item.value);
    },
  };
}
