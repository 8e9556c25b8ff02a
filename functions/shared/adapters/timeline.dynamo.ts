import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type CairnEvent, inOrder } from '../../../core/events/event.ts';
import { TIMELINE_DAYS } from '../../../core/events/timeline.ts';
import { type EpochMs, hashId, type ProfileKey } from '../../../core/ids.ts';
import { accepted } from './conditional.ts';
import { pack, unpack } from './packed.ts';
import { packHashes, stamp, unpackHashes } from './profile-items.ts';
import type { ProfileReads } from './profile-reads.dynamo.ts';

const TIMELINE_SECONDS = TIMELINE_DAYS * 24 * 3600;
const IDS_SECONDS = 8 * 24 * 3600;

/** What has happened to a profile: its events, the week's message ids, the last entry of each journey. */
export function timelineStore(client: DynamoDBDocumentClient, table: string, { between, get }: ProfileReads) {
  return {
    /** Protocol A, step 5. The same ids give the same item. */
    async putEvents(key: ProfileKey, batch: CairnEvent[]): Promise<void> {
      const latest = Math.max(...batch.map((event) => event.at));
      const sk = `EVENTS#${stamp(latest)}#${hashId(...batch.map((event) => event.id)).slice(0, 12)}`;
      const ttl = Math.floor(latest / 1000) + TIMELINE_SECONDS;
      await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, ttl, body: pack(batch) } }));
    },

    /** Events with `at` ≥ `from`, each id once, in order (timestamp, arrival, index). At most `limit` batches; `more` says when there are others. */
    async history(key: ProfileKey, from: EpochMs, limit = 2_000): Promise<{ events: CairnEvent[]; more: boolean }> {
      const found = new Map<string, CairnEvent>();
      let cursor: string | undefined;
      let batches = 0;
      do {
        const page = await between(key, { from: `EVENTS#${stamp(Math.max(0, from))}` }, { limit: 200, cursor });
        for (const item of page.items) {
          for (const event of unpack<CairnEvent[]>(item.body)) if (event.at >= from) found.set(event.id, event);
        }
        batches += page.items.length;
        cursor = page.next;
      } while (cursor !== undefined && batches < limit);
      return { events: [...found.values()].sort(inOrder), more: cursor !== undefined };
    },

    /** Older message-id hashes of the week, put before the commit that trims them from `ids`. */
    async putOlderIds(key: ProfileKey, hashes: string[], now: EpochMs): Promise<void> {
      const sk = `IDS#${stamp(now)}#${hashes[0] ?? ''}`;
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { pk: key, sk, ttl: Math.floor(now / 1000) + IDS_SECONDS, ids: packHashes(hashes) },
        }),
      );
    },

    /** All hashes put within the week before `now`; at most 200 items (12,800 ids). */
    async olderIds(key: ProfileKey, now: EpochMs): Promise<Set<string>> {
      const from = `IDS#${stamp(now - IDS_SECONDS * 1000)}`;
      const { items } = await between(key, { from, to: 'IDS#~' }, { limit: 200, newestFirst: true });
      return new Set(items.flatMap((item) => unpackHashes(item.ids)));
    },

    /** `ENTERED#…`: the last entry of a journey and key once its run has left `openRuns`. The later entry stays. */
    async putEntered(key: ProfileKey, runKey: string, entered: { entry: string; at: EpochMs }): Promise<void> {
      await accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: key, sk: `ENTERED#${runKey}`, ...entered },
            ConditionExpression: 'attribute_not_exists(pk) OR #at < :at',
            ExpressionAttributeNames: { '#at': 'at' },
            ExpressionAttributeValues: { ':at': entered.at },
          }),
        ),
      );
    },

    async readEntered(key: ProfileKey, runKey: string): Promise<{ entry: string; at: EpochMs } | undefined> {
      const item = await get(key, `ENTERED#${runKey}`);
      return item && { entry: String(item.entry), at: Number(item.at) };
    },
  };
}
