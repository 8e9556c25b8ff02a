import { DeleteCommand, type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { MembershipStore } from '../../engine/profiles/ports.ts';
import { MEMBER_SHARDS } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { memberKey } from './profile-items.ts';

/** Tombstones are kept longer than any queue message (14 days). */
const TOMBSTONE_SECONDS = 30 * 24 * 3600;

/** Members of tags, segments and lists: rows of the profiles, found by the sharded index `membership`. */
export function membershipStore(client: DynamoDBDocumentClient, table: string): MembershipStore {
  return {
    async setMember(key: ProfileKey, tag: string, on: boolean, v: number, at: EpochMs): Promise<void> {
      await isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: key, sk: `TAG#${tag}` },
            UpdateExpression: on
              ? 'SET v = :v, #member = :member REMOVE #ttl'
              : 'SET v = :v, #ttl = :ttl REMOVE #member',
            ConditionExpression: 'attribute_not_exists(v) OR v < :v',
            ExpressionAttributeNames: { '#ttl': 'ttl', '#member': 'member' },
            ExpressionAttributeValues: on
              ? { ':v': v, ':member': memberKey(tag, key) }
              : { ':v': v, ':ttl': Math.floor(at / 1000) + TOMBSTONE_SECONDS },
          }),
        ),
      );
    },

    async putListed(key: ProfileKey, list: string, at: EpochMs): Promise<boolean> {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: key, sk: `LISTED#${list}` },
          UpdateExpression: 'SET #member = :member, #at = :at',
          ExpressionAttributeNames: { '#member': 'member', '#at': 'at' },
          ExpressionAttributeValues: { ':member': memberKey(`list:${list}`, key), ':at': at },
          ReturnValues: 'ALL_OLD',
        }),
      );
      return Attributes === undefined;
    },

    async removeListed(key: ProfileKey, list: string, by: EpochMs): Promise<boolean> {
      return isConditionMet(
        client.send(
          new DeleteCommand({
            TableName: table,
            Key: { pk: key, sk: `LISTED#${list}` },
            ConditionExpression: '#at <= :by',
            ExpressionAttributeNames: { '#at': 'at' },
            ExpressionAttributeValues: { ':by': by },
          }),
        ),
      );
    },

    async members(tag: string, shard: number, page: { limit: number; cursor?: Record<string, unknown> }) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'membership',
          KeyConditionExpression: '#member = :member',
          ExpressionAttributeNames: { '#member': 'member' },
          ExpressionAttributeValues: { ':member': `${tag}#${String(shard).padStart(2, '0')}` },
          Limit: page.limit,
          ExclusiveStartKey: page.cursor,
        }),
      );
      return { profiles: Items.map((item) => String(item.pk)), next: LastEvaluatedKey };
    },

    async countMembers(tag: string): Promise<number> {
      const shards = Array.from({ length: MEMBER_SHARDS }, (_, shard) => String(shard).padStart(2, '0'));
      const counts = await mapWithConcurrency(MEMBER_SHARDS, shards, async (shard) => {
        let count = 0;
        let cursor: Record<string, unknown> | undefined;
        do {
          const { Count = 0, LastEvaluatedKey } = await client.send(
            new QueryCommand({
              TableName: table,
              IndexName: 'membership',
              KeyConditionExpression: '#member = :member',
              ExpressionAttributeNames: { '#member': 'member' },
              ExpressionAttributeValues: { ':member': `${tag}#${shard}` },
              Select: 'COUNT',
              ExclusiveStartKey: cursor,
            }),
          );
          count += Count;
          cursor = LastEvaluatedKey;
        } while (cursor !== undefined);
        return count;
      });
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
