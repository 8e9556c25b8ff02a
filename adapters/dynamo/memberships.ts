import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { MembershipStore } from '../../engine/profiles/ports.ts';
import { MEMBER_SHARDS } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression } from './expressions.ts';
import { memberKey } from './profile-items.ts';
import { type Table, tableOf } from './table.ts';

/** Tombstones are kept longer than any queue message (14 days). */
const TOMBSTONE_SECONDS = 30 * 24 * 3600;

/** Members of tags, segments and lists: rows of the profiles, found by the sharded index `membership`. */
export function membershipStore(client: DynamoDBDocumentClient, table: string): MembershipStore {
  const rows = tableOf(client, table);
  return { ...membershipWrites(rows), ...membershipLists(rows) };
}

const membershipWrites = (rows: Table): Pick<MembershipStore, 'setMember' | 'putListed' | 'removeListed'> => ({
  async setMember(key: ProfileKey, tag: string, on: boolean, v: number, at: EpochMs): Promise<void> {
    const when = expression`attribute_not_exists(#v) OR #v < ${v}`;
    const change = on
      ? { set: { v, member: memberKey(tag, key) }, remove: ['ttl'], when }
      : { set: { v, ttl: Math.floor(at / 1000) + TOMBSTONE_SECONDS }, remove: ['member'], when };
    await isConditionMet(rows.update({ pk: key, sk: `TAG#${tag}` }, change));
  },

  async putListed(key: ProfileKey, list: string, at: EpochMs): Promise<boolean> {
    const set = { member: memberKey(`list:${list}`, key), at };
    return (await rows.update({ pk: key, sk: `LISTED#${list}` }, { set }, 'ALL_OLD')) === undefined;
  },

  removeListed(key: ProfileKey, list: string, by: EpochMs): Promise<boolean> {
    return isConditionMet(rows.delete({ pk: key, sk: `LISTED#${list}` }, expression`#at <= ${by}`));
  },
});

const membershipLists = (rows: Table): Pick<MembershipStore, 'members' | 'countMembers'> => ({
  async members(tag: string, shard: number, page: { limit: number; cursor?: Record<string, unknown> }) {
    const { items, next } = await rows.query(isOfShard(tag, shard), {
      index: 'membership',
      limit: page.limit,
      after: page.cursor,
    });
    return { profiles: items.map((item) => String(item.pk)), next };
  },

  async countMembers(tag: string): Promise<number> {
    const shards = Array.from({ length: MEMBER_SHARDS }, (_, shard) => shard);
    const counts = await mapWithConcurrency(MEMBER_SHARDS, shards, (shard) =>
      rows.count(isOfShard(tag, shard), 'membership'),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  },
});

const isOfShard = (tag: string, shard: number) => expression`#member = ${`${tag}#${String(shard).padStart(2, '0')}`}`;
