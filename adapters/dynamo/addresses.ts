import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { type AddressRecord, type AddressRef, addressId, normalAddress } from '../../core/profiles/address-record.ts';
import type { AddressStore } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { type Change, type Expression, expression } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { addressKey, memberKey } from './profile-items.ts';
import { type Table, tableOf } from './table.ts';

/** Sort key before those of the look-ups from the address to its profiles. */
export const RECORD = '#RECORD';

/**
 * Stores what is known of the addresses themselves: `ADDRESS#<channel>#<normal form>`, `#RECORD`. The timestamps of the reports decide, whatever
 * their order of arrival.
 */
export function addressStore(client: DynamoDBDocumentClient, table: string): AddressStore {
  const records = tableOf(client, table);
  return { ...addressReads(records), ...addressMarks(records), ...addressAnswers(records) };
}

export const recordKey = (ref: AddressRef): Key => ({ pk: addressKey(ref), sk: RECORD });

/** Every change of a record names its address. */
const changeOf = (ref: AddressRef, change: Change & { when: Expression }): Change => ({
  ...change,
  set: { channel: ref.channel, value: normalAddress(ref.channel, ref.value), ...change.set },
});

const update = (records: Table, ref: AddressRef, change: Change & { when: Expression }): Promise<boolean> =>
  isConditionMet(records.update(recordKey(ref), changeOf(ref, change)));

const addressReads = (records: Table): Pick<AddressStore, 'addressRecords' | 'markedAddresses'> => ({
  async addressRecords(refs: readonly AddressRef[]): Promise<Map<string, AddressRecord>> {
    const asked = new Map(refs.map((ref) => [addressId(ref), ref]));
    const [only] = asked.values();
    if (asked.size === 1 && only !== undefined) {
      const item = await records.get(recordKey(only));
      return new Map(item === undefined ? [] : [[addressId(only), recordOf(item)]]);
    }
    const found = (await records.getAll([...asked.values()].map(recordKey))).map(recordOf);
    return new Map(found.map((one) => [addressId(one), one]));
  },

  async markedAddresses(
    status: 'bad' | 'suppressed',
    shard: number,
    page: { limit: number; cursor?: Item | undefined },
  ) {
    const member = `${statusMember(status)}#${String(shard).padStart(2, '0')}`;
    const { items, next } = await records.query(expression`#member = ${member}`, {
      index: 'membership',
      limit: page.limit,
      after: page.cursor,
    });
    const read = await Promise.all(items.map(({ pk, sk }) => records.get({ pk: String(pk), sk: String(sk) })));
    // The index may be slightly behind.
    return { records: read.flatMap((item) => (item?.status === status ? [recordOf(item)] : [])), next };
  },
});

const addressMarks = (records: Table): Pick<AddressStore, 'markAddress' | 'unmarkAddress' | 'recordDelivery'> => ({
  markAddress(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs, reason: string): Promise<boolean> {
    const isLater = expression`(attribute_not_exists(#liftedAt) OR #liftedAt < ${at})`;
    const isWorse =
      status === 'bad' ? expression`(#status = ${'bad'} AND #statusAt < ${at})` : expression`#status = ${'bad'}`;
    const member = memberKey(statusMember(status), addressKey(ref));
    return update(records, ref, {
      set: { status, statusAt: at, reason: reason.slice(0, 500), member },
      when: expression`${isLater} AND (attribute_not_exists(#status) OR ${isWorse})`,
    });
  },

  unmarkAddress: (ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs): Promise<boolean> =>
    lift(records, ref, status, { at, before: Number.MAX_SAFE_INTEGER }),

  async recordDelivery(ref: AddressRef, at: EpochMs): Promise<void> {
    const known = await records.getEventual(recordKey(ref));
    if (known?.status === 'bad' && Number(known.statusAt ?? 0) < at)
      await lift(records, ref, 'bad', { at, before: at });
  },
});

/** Lifts only a mark that is older than `before`. */
const lift = (
  records: Table,
  ref: AddressRef,
  status: 'bad' | 'suppressed',
  { at, before }: { at: EpochMs; before: EpochMs },
): Promise<boolean> =>
  update(records, ref, {
    set: { liftedAt: at },
    remove: ['status', 'statusAt', 'reason', 'member'],
    when: expression`#status = ${status} AND #statusAt < ${before}`,
  });

const addressAnswers = (records: Table): Pick<AddressStore, 'recordStopReply' | 'liftStop' | 'claimAddress'> => ({
  async recordStopReply(ref: AddressRef, granted: boolean, at: EpochMs): Promise<void> {
    const wins = granted ? expression`#answerAt < ${at}` : expression`#answerAt <= ${at}`;
    await update(records, ref, {
      set: { answerAt: at, granted },
      when: expression`attribute_not_exists(#answerAt) OR ${wins}`,
    });
  },

  async liftStop(ref: AddressRef, at: EpochMs): Promise<void> {
    await update(records, ref, {
      set: { answerAt: at, granted: true },
      when: expression`#granted = ${false} AND #answerAt < ${at}`,
    });
  },

  async claimAddress(ref: AddressRef, profile: ProfileKey, at: EpochMs): Promise<{ before?: ProfileKey } | false> {
    const change = changeOf(ref, {
      set: { owner: profile, ownedAt: at },
      when: expression`attribute_not_exists(#ownedAt) OR #ownedAt <= ${at}`,
    });
    let before: ProfileKey | undefined;
    const isOwned = await isConditionMet(
      records.update(recordKey(ref), change, 'ALL_OLD').then((old) => {
        before = old?.owner as ProfileKey | undefined; // written above alone
      }),
    );
    return isOwned && { ...(before === undefined ? {} : { before }) };
  },
});

const statusMember = (status: 'bad' | 'suppressed'): string => `address:${status}`;

/** Converts an item as this file wrote it: the casts name types that only it writes. */
export function recordOf(item: Item): AddressRecord {
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
