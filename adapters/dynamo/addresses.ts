import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { type AddressRecord, type AddressRef, addressId, normalAddress } from '../../core/profiles/address-record.ts';
import type { AddressStore } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { addressKey, memberKey } from './profile-items.ts';

/** Sort key before those of the look-ups from the address to its profiles. */
export const RECORD = '#RECORD';

/**
 * Stores what is known of the addresses themselves: `ADDRESS#<channel>#<normal form>`, `#RECORD`. The timestamps of the reports decide, whatever
 * their order of arrival.
 */
export function addressStore(client: DynamoDBDocumentClient, table: string): AddressStore {
  const keyOf = (ref: AddressRef) => ({ pk: addressKey(ref), sk: RECORD });

  function update(
    ref: AddressRef,
    change: { set: string; remove?: string; condition: string; values: Record<string, unknown> },
    returns: 'NONE' | 'ALL_OLD' = 'NONE',
  ) {
    return client.send(
      new UpdateCommand({
        TableName: table,
        Key: keyOf(ref),
        UpdateExpression: `SET channel = :channel, #value = :value, ${change.set}${change.remove === undefined ? '' : ` REMOVE ${change.remove}`}`,
        ConditionExpression: change.condition,
        ExpressionAttributeNames: namesIn(`${change.set} ${change.remove} ${change.condition} #value`),
        ExpressionAttributeValues: {
          ':channel': ref.channel,
          ':value': normalAddress(ref.channel, ref.value),
          ...change.values,
        },
        ReturnValues: returns,
      }),
    );
  }

  async function record(ref: AddressRef, isStrong: boolean): Promise<AddressRecord | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(ref), ConsistentRead: isStrong }));
    return Item && recordOf(Item);
  }

  /** Lifts only a mark that is older than `before`. */
  function lift(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs, before: EpochMs): Promise<boolean> {
    return isConditionMet(
      update(ref, {
        set: 'liftedAt = :at',
        remove: '#status, statusAt, reason, #member',
        condition: '#status = :status AND statusAt < :before',
        values: { ':at': at, ':status': status, ':before': before },
      }),
    );
  }

  return {
    async addressRecords(refs: readonly AddressRef[]): Promise<Map<string, AddressRecord>> {
      const asked = new Map(refs.map((ref) => [addressId(ref), ref]));
      const found = new Map<string, AddressRecord>();
      const [only] = asked.values();
      if (asked.size === 1 && only !== undefined) {
        const one = await record(only, true);
        return one === undefined ? found : found.set(addressId(only), one);
      }
      for (let keys = [...asked.values()].map(keyOf); keys.length > 0; ) {
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetCommand({ RequestItems: { [table]: { Keys: keys.slice(0, 100), ConsistentRead: true } } }),
        );
        for (const item of Responses?.[table] ?? []) {
          const one = recordOf(item);
          found.set(addressId(one), one);
        }
        const again = (UnprocessedKeys?.[table]?.Keys ?? []) as typeof keys; // they are of the form that was asked
        keys = [...again, ...keys.slice(100)];
      }
      return found;
    },

    markAddress(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs, reason: string): Promise<boolean> {
      const isLater = '(attribute_not_exists(liftedAt) OR liftedAt < :at)';
      const isNews =
        status === 'bad'
          ? '(attribute_not_exists(#status) OR (#status = :bad AND statusAt < :at))'
          : '(attribute_not_exists(#status) OR #status = :bad)';
      return isConditionMet(
        update(ref, {
          set: '#status = :status, statusAt = :at, reason = :reason, #member = :member',
          condition: `${isLater} AND ${isNews}`,
          values: {
            ':status': status,
            ':at': at,
            ':reason': reason.slice(0, 500),
            ':member': memberKey(statusMember(status), addressKey(ref)),
            ':bad': 'bad',
          },
        }),
      );
    },

    liftAddress: (ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs): Promise<boolean> =>
      lift(ref, status, at, Number.MAX_SAFE_INTEGER),

    async noteDelivery(ref: AddressRef, at: EpochMs): Promise<void> {
      const known = await record(ref, false);
      if (known?.status === 'bad' && (known.statusAt ?? 0) < at) await lift(ref, 'bad', at, at);
    },

    async answerAddress(ref: AddressRef, granted: boolean, at: EpochMs): Promise<void> {
      const wins = granted ? 'answerAt < :at' : 'answerAt <= :at';
      await isConditionMet(
        update(ref, {
          set: 'answerAt = :at, granted = :granted',
          condition: `attribute_not_exists(answerAt) OR ${wins}`,
          values: { ':at': at, ':granted': granted },
        }),
      );
    },

    async reopenAddress(ref: AddressRef, at: EpochMs): Promise<void> {
      await isConditionMet(
        update(ref, {
          set: 'answerAt = :at, granted = :yes',
          condition: 'granted = :no AND answerAt < :at',
          values: { ':at': at, ':yes': true, ':no': false },
        }),
      );
    },

    async ownAddress(ref: AddressRef, profile: ProfileKey, at: EpochMs): Promise<{ before?: ProfileKey } | false> {
      let before: ProfileKey | undefined;
      const isOwned = await isConditionMet(
        update(
          ref,
          {
            set: '#owner = :profile, ownedAt = :at',
            condition: 'attribute_not_exists(ownedAt) OR ownedAt <= :at',
            values: { ':profile': profile, ':at': at },
          },
          'ALL_OLD',
        ).then(({ Attributes }) => {
          before = Attributes?.owner as ProfileKey | undefined; // written above alone
        }),
      );
      return isOwned && { ...(before === undefined ? {} : { before }) };
    },

    async markedAddresses(
      status: 'bad' | 'suppressed',
      shard: number,
      page: { limit: number; cursor?: Record<string, unknown> | undefined },
    ) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'membership',
          KeyConditionExpression: '#member = :member',
          ExpressionAttributeNames: { '#member': 'member' },
          ExpressionAttributeValues: { ':member': `${statusMember(status)}#${String(shard).padStart(2, '0')}` },
          Limit: page.limit,
          ExclusiveStartKey: page.cursor,
        }),
      );
      const keys = Items.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
      const read = await Promise.all(
        keys.map((Key) => client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }))),
      );
      // The index may be slightly behind.
      const records = read.flatMap(({ Item }) => (Item?.status === status ? [recordOf(Item)] : []));
      return { records, next: LastEvaluatedKey };
    },
  };
}

const statusMember = (status: 'bad' | 'suppressed'): string => `address:${status}`;

/** DynamoDB reserves these words. */
const NAMES: Record<string, string> = {
  '#status': 'status',
  '#value': 'value',
  '#member': 'member',
  '#owner': 'owner',
};
const namesIn = (expressions: string): Record<string, string> =>
  Object.fromEntries(Object.entries(NAMES).filter(([name]) => expressions.includes(name)));

/** Converts an item as this file wrote it: the casts name types that only it writes. */
function recordOf(item: Record<string, unknown>): AddressRecord {
  const { status, statusAt, reason, owner, answerAt, granted } = item;
  return {
    channel: item.channel as Channel,
    value: String(item.value),
    ...(status === undefined ? {} : { status: status as 'bad' | 'suppressed', statusAt: statusAt as EpochMs }),
    ...(reason === undefined ? {} : { reason: String(reason) }),
    ...(owner === undefined ? {} : { owner: owner as ProfileKey }),
    ...(answerAt === undefined ? {} : { answer: { granted: granted === true, at: answerAt as EpochMs } }),
  };
}
