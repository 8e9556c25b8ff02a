import {
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { type Activity, emptyActivity } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { MergedRow, MergeStore } from '../../engine/profiles/ports.ts';
import { MAX_HOPS } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { activityItem, profileOf } from './profile-items.ts';
import type { ProfilePartition } from './profile-reads.ts';

/** Most merged profiles whose messages and runs are listed: each costs a query, and a place in the cursor. */
const MAX_LISTED = 100;

const CONCURRENCY = 8;

/** The writes of a merge: `docs/protocols.md#merges`. */
export function mergeStore(
  client: DynamoDBDocumentClient,
  table: string,
  { between, get }: ProfilePartition,
): MergeStore {
  /** Returns the rows under this profile itself. */
  async function mergedUnder(key: ProfileKey): Promise<MergedRow[]> {
    const rows: MergedRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await between(key, { from: 'MERGED#', to: 'MERGED#~' }, { limit: 1_000, ...(cursor && { cursor }) });
      for (const { sk, levels } of page.items)
        rows.push({ key: String(sk).slice('MERGED#'.length), under: key, levels: Number(levels ?? 0) });
      cursor = page.next;
    } while (cursor !== undefined);
    return rows;
  }

  /** Returns all rows, those nearest to `key` first; stops reading once there are `enough`. */
  async function mergedTree(key: ProfileKey, enough = Number.POSITIVE_INFINITY): Promise<MergedRow[]> {
    const rows: MergedRow[] = [];
    const seen = new Set([key]);
    for (let level = [key]; level.length > 0 && rows.length < enough; ) {
      const found = (await mapWithConcurrency(CONCURRENCY, level, mergedUnder)).flat();
      rows.push(...found);
      const below = found.filter((row) => row.levels > 0 && !seen.has(row.key));
      level = [...new Set(below.map((row) => row.key))];
      for (const one of level) seen.add(one);
    }
    return rows;
  }

  return {
    mergedUnder,
    mergedTree,

    async mergedKeys(key: ProfileKey): Promise<{ keys: ProfileKey[]; more: boolean }> {
      const keys = [...new Set((await mergedTree(key, MAX_LISTED + 1)).map((row) => row.key))];
      return { keys: keys.slice(0, MAX_LISTED), more: keys.length > MAX_LISTED };
    },

    fenceActivity(from: ProfileKey, into: ProfileKey, dueAt: EpochMs, read: Activity | undefined): Promise<boolean> {
      const next: Activity = {
        ...(read ?? emptyActivity()),
        version: (read?.version ?? 0) + 1,
        mergedInto: into,
        dueAt: Math.min(read?.dueAt ?? dueAt, dueAt),
      };
      return isConditionMet(
        client.send(
          new PutCommand({
            TableName: table,
            Item: activityItem(from, next),
            ConditionExpression: read
              ? 'version = :v AND attribute_not_exists(mergedInto)'
              : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: read ? { ':v': read.version } : undefined,
          }),
        ),
      );
    },

    async repoint(key: ProfileKey, into: ProfileKey): Promise<void> {
      // Refused: the merge is not complete, or the profile is unknown.
      await isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: key, sk: '#ACTIVITY' },
            UpdateExpression: 'SET mergedInto = :into, version = version + :one',
            ConditionExpression: 'done = :true AND mergedInto <> :into',
            ExpressionAttributeValues: { ':into': into, ':one': 1, ':true': true },
          }),
        ),
      );
    },

    async fence(
      from: ProfileKey,
      sk: '#PROFILE' | 'CONSENT' | '#SENDS',
      into: ProfileKey,
    ): Promise<Record<string, unknown> | undefined> {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: from, sk },
          UpdateExpression: 'SET mergedInto = if_not_exists(mergedInto, :into)',
          ExpressionAttributeValues: { ':into': into },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes;
    },

    fencedBody<Value>(item: Record<string, unknown> | undefined): Value | undefined {
      return item?.body === undefined ? undefined : decompress<Value>(item.body);
    },
    fencedProfile(item: Record<string, unknown> | undefined): Profile | undefined {
      return item?.body === undefined ? undefined : profileOf(item);
    },

    async foldInto<Value>(
      into: ProfileKey,
      sk: 'CONSENT' | '#SENDS',
      fold: (now: Value | undefined) => Value,
    ): Promise<boolean> {
      for (let attempt = 0; attempt < MAX_HOPS; attempt += 1) {
        const item = await get(into, sk);
        if (item?.mergedInto !== undefined) return false;
        const v = (item?.v as number | undefined) ?? 0;
        const written = await isConditionMet(
          client.send(
            new PutCommand({
              TableName: table,
              Item: { pk: into, sk, v: v + 1, body: compress(fold(item && decompress<Value>(item.body))) },
              ConditionExpression: item ? 'v = :v AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
              ExpressionAttributeValues: item ? { ':v': v } : undefined,
            }),
          ),
        );
        if (written) return true;
      }
      throw new Error(`${sk} of ${into} changed too often`);
    },

    async movable(key: ProfileKey): Promise<Record<string, unknown>[]> {
      const { items } = await between(key, { from: 'ENTERED#', to: 'LISTED#~' }, { limit: 100 });
      return items;
    },

    async putUnder(key: ProfileKey, items: Record<string, unknown>[]): Promise<void> {
      for (const batch of chunks(items, 25)) {
        const requests = batch.map((item) => ({ PutRequest: { Item: { ...item, pk: key } } }));
        const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
        if (UnprocessedItems?.[table]?.length) throw new Error('puts were throttled; the sweep is repeated');
      }
    },

    async remove(key: ProfileKey, items: Record<string, unknown>[]): Promise<void> {
      for (const batch of chunks(items, 25)) {
        const requests = batch.map((item) => ({ DeleteRequest: { Key: { pk: key, sk: item.sk } } }));
        const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
        if (UnprocessedItems?.[table]?.length) throw new Error('deletes were throttled; the sweep is repeated');
      }
    },

    async removeItem(key: ProfileKey, sk: string): Promise<void> {
      await client.send(new DeleteCommand({ TableName: table, Key: { pk: key, sk } }));
    },

    async empty(key: ProfileKey, sk: '#PROFILE' | 'CONSENT' | '#SENDS', into: ProfileKey): Promise<void> {
      await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, pv: 0, v: 0, mergedInto: into } }));
    },
  };
}

function* chunks<Item>(items: Item[], size: number): Generator<Item[]> {
  for (let index = 0; index < items.length; index += size) yield items.slice(index, index + size);
}
