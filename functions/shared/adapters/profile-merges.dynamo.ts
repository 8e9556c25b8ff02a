import {
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import { type Activity, emptyActivity } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { accepted } from './conditional.ts';
import { pack, unpack } from './packed.ts';
import { activityItem, profileOf } from './profile-items.ts';
import { MOST_HOPS, type ProfileReads } from './profile-reads.dynamo.ts';

/** Profiles that went into one, as far as its messages and runs are looked for. */
const MOST_MERGED = 100;

/** The writes of a merge: `protocols.md`, A, merge and complete. */
export function mergeStore(client: DynamoDBDocumentClient, table: string, { between, get }: ProfileReads) {
  return {
    /** Keys of the profiles that were merged into this one and are swept: their messages and runs stay under them. */
    async mergedKeys(key: ProfileKey): Promise<ProfileKey[]> {
      const { items } = await between(key, { from: 'MERGED#', to: 'MERGED#~' }, { limit: MOST_MERGED });
      return items.map((item) => String(item.sk).slice('MERGED#'.length));
    },

    /** Merge: fences `#ACTIVITY` of `from` (creates it where unknown). False: it was fenced already. */
    fenceActivity(from: ProfileKey, into: ProfileKey, dueAt: EpochMs, read: Activity | undefined): Promise<boolean> {
      const next: Activity = {
        ...(read ?? emptyActivity()),
        version: (read?.version ?? 0) + 1,
        mergedInto: into,
        dueAt: Math.min(read?.dueAt ?? dueAt, dueAt),
      };
      return accepted(
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

    /** A merge that is done led to a profile that has been merged since: it leads straight to the end, so that nobody walks far. */
    async repoint(key: ProfileKey, into: ProfileKey): Promise<void> {
      // Refused: it is not done, or unknown.
      await accepted(
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

    /** Merge: freezes another item of `from`; repeated without effect. */
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

    /** What a fenced CONSENT or #SENDS holds. */
    fencedBody<Value>(item: Record<string, unknown> | undefined): Value | undefined {
      return item?.body === undefined ? undefined : unpack<Value>(item.body);
    },
    fencedProfile(item: Record<string, unknown> | undefined): Profile | undefined {
      return item?.body === undefined ? undefined : profileOf(item);
    },

    /** Merge, fold of CONSENT and #SENDS into `into` only (a fence there is refused: the caller starts again). */
    async foldInto<Value>(
      into: ProfileKey,
      sk: 'CONSENT' | '#SENDS',
      fold: (now: Value | undefined) => Value,
    ): Promise<boolean> {
      for (let attempt = 0; attempt < MOST_HOPS; attempt += 1) {
        const item = await get(into, sk);
        if (item?.mergedInto !== undefined) return false;
        const v = (item?.v as number | undefined) ?? 0;
        const written = await accepted(
          client.send(
            new PutCommand({
              TableName: table,
              Item: { pk: into, sk, v: v + 1, body: pack(fold(item && unpack<Value>(item.body))) },
              ConditionExpression: item ? 'v = :v AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
              ExpressionAttributeValues: item ? { ':v': v } : undefined,
            }),
          ),
        );
        if (written) return true;
      }
      throw new Error(`${sk} of ${into} changed too often`);
    },

    /** Merge, sweep: a page of what moves along (`EVENTS#`, `ENTERED#`, `IDS#`, `LEDGER#`, `MERGED#`), as raw items. */
    async movable(key: ProfileKey, prefix: string): Promise<Record<string, unknown>[]> {
      const { items } = await between(key, { from: prefix, to: `${prefix}~` }, { limit: 100 });
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

    /** Merge, g: leaves only the fence. */
    async empty(key: ProfileKey, sk: '#PROFILE' | 'CONSENT' | '#SENDS', into: ProfileKey): Promise<void> {
      await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, pv: 0, v: 0, mergedInto: into } }));
    },
  };
}

function* chunks<Item>(items: Item[], size: number): Generator<Item[]> {
  for (let index = 0; index < items.length; index += size) yield items.slice(index, index + size);
}
