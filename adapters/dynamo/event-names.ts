import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { EventNames } from '../../engine/ingest/ports.ts';
import { expression } from './expressions.ts';
import { tableOf } from './table.ts';

/** Most names in memory, so that an instance puts each only once; beyond it, all are dropped. */
const MAX_KEPT = 5_000;
const CONCURRENCY = 10;
/** A name that no client has sent for this long is forgotten. */
const TTL_SECONDS = 400 * 24 * 3600;

/** Most bytes of a sort key in DynamoDB. */
const MAX_KEY_BYTES = 1_024;

/** Every event name of the last 400 days: `event-names` / `<name>` {ttl}. */
export function eventNames(client: DynamoDBDocumentClient, table: string): EventNames {
  const rows = tableOf(client, table);
  const kept = new Set<string>();
  const keyOf = (name: string) => ({ pk: 'event-names', sk: name });

  return {
    async note(names: readonly string[], now: EpochMs): Promise<void> {
      const ttl = Math.floor(now / 1000) + TTL_SECONDS;
      const fresh = [...new Set(names)].filter((name) => !kept.has(name));
      await mapWithConcurrency(CONCURRENCY, fresh, async (name) => {
        await rows.put({ ...keyOf(name), ttl });
        if (kept.size >= MAX_KEPT) kept.clear();
        kept.add(name);
      });
    },

    async list(page: { limit: number; after?: string | undefined }): Promise<{ items: string[]; next?: string }> {
      const read = await rows.query(expression`#pk = ${keyOf('').pk}`, {
        limit: page.limit,
        after: page.after === undefined ? undefined : keyOf(page.after),
      });
      const items = read.items.map(({ sk }) => String(sk));
      const next = read.next === undefined ? undefined : items.at(-1);
      return next === undefined ? { items } : { items, next };
    },

    async has(name: string): Promise<boolean> {
      if (name === '' || Buffer.byteLength(name) > MAX_KEY_BYTES) return false;
      return (await rows.get(keyOf(name))) !== undefined;
    },
  };
}
