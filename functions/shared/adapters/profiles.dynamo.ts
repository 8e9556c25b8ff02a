import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId, type ProfileKey } from '../../../core/ids.ts';
import type { Activity } from '../../../core/profiles/activity.ts';
import type { AddressStatus, ConsentEntry, Consents, CountedSend, Profile } from '../../../core/profiles/profile.ts';
import { accepted } from './conditional.ts';
import { membershipStore } from './memberships.dynamo.ts';
import { pack, unpack } from './packed.ts';
import { pendingStore } from './pending.dynamo.ts';
import { activityItem, addressKey, newAddresses, stamp } from './profile-items.ts';
import { mergeStore } from './profile-merges.dynamo.ts';
import { type Home, MOST_HOPS, profileReads } from './profile-reads.dynamo.ts';
import { timelineStore } from './timeline.dynamo.ts';

export type ProfileStore = ReturnType<typeof profileStore>;

/** All that is kept of customers. What is written here is judged by its own condition; a refusal is `false`, and the caller begins again. */
export function profileStore(client: DynamoDBDocumentClient, table: string) {
  const reads = profileReads(client, table);
  const { query, home, readProfile, readActivity, get } = reads;
  const pendingEffects = pendingStore(client, table, reads);

  /** Reads, changes and writes one commuting item under its own version; follows merges. `known`: it was read already, and may be absent. */
  async function change<Value>(
    key: ProfileKey,
    sk: 'CONSENT' | '#SENDS',
    next: (now: Value | undefined) => Value | undefined,
    known?: { item: Record<string, unknown> | undefined },
  ): Promise<Value | undefined> {
    let at = key;
    for (let attempt = 0; attempt < MOST_HOPS; attempt += 1) {
      const item = attempt === 0 && known !== undefined ? known.item : await get(at, sk);
      if (item?.mergedInto !== undefined) {
        // Straight to the end of its merges; it is behind the one that froze this item, at the least.
        const { key: end } = await home(at);
        at = end === at ? (item.mergedInto as ProfileKey) : end;
        continue;
      }
      const now = item && unpack<Value>(item.body);
      const then = next(now);
      if (then === undefined) return now;
      const v = (item?.v as number | undefined) ?? 0;
      const written = await accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: at, sk, v: v + 1, body: pack(then) },
            ConditionExpression: item ? 'v = :v AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: item ? { ':v': v } : undefined,
          }),
        ),
      );
      if (written) return then;
    }
    throw new Error(`${sk} of ${key} changed too often`);
  }

  return {
    query,
    home,
    readProfile,
    readActivity,
    ...timelineStore(client, table, reads),
    ...membershipStore(client, table),
    ...mergeStore(client, table, reads),

    /**
     * Commit of `#ACTIVITY`: refused (false) when its version is no longer `expected` (undefined: must not exist). Effects that are too many for
     * the item are put beside it first; those of a commit that is refused expire.
     */
    async commitActivity(key: ProfileKey, expected: number | undefined, next: Activity): Promise<boolean> {
      const pending = await pendingEffects.put(key, next.version, next.pending);
      return accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: activityItem(key, { ...next, pending }),
            ConditionExpression: expected === undefined ? 'attribute_not_exists(pk)' : 'version = :v',
            ExpressionAttributeValues: expected === undefined ? undefined : { ':v': expected },
          }),
        ),
      );
    },
    storedEffects: pendingEffects.get,

    /** Protocol A, step 4: refused (false) when `pv` moved or the item is fenced. Address look-ups are put first, never removed: readers check them. */
    async updateProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean> {
      for (const address of newAddresses(before, next)) {
        await client.send(new PutCommand({ TableName: table, Item: { pk: address, sk: key } }));
      }
      return accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: key,
              sk: '#PROFILE',
              pv: next.pv,
              body: pack({ ...next, pv: undefined, mergedInto: undefined }),
            },
            ConditionExpression: before ? 'pv = :pv AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: before ? { ':pv': before.pv } : undefined,
          }),
        ),
      );
    },

    /** What a provider said of an address, if the profile still has it; a renewed push token takes the place of the old. Follows merges. */
    async markAddress(
      key: ProfileKey,
      kind: 'email' | 'sms' | 'push',
      value: string,
      status: AddressStatus,
      renewed?: string,
    ): Promise<void> {
      for (let attempt = 0; attempt < MOST_HOPS; attempt += 1) {
        const at = await home(key);
        const marked = at.profile && withStatus(at.profile, kind, value, status, renewed);
        if (marked === undefined || at.profile === undefined) return;
        const body = { ...marked, pv: undefined, mergedInto: undefined };
        const written = await accepted(
          client.send(
            new PutCommand({
              TableName: table,
              Item: { pk: at.key, sk: '#PROFILE', pv: at.profile.pv + 1, body: pack(body) },
              ConditionExpression: 'pv = :pv AND attribute_not_exists(mergedInto)',
              ExpressionAttributeValues: { ':pv': at.profile.pv },
            }),
          ),
        );
        if (written) return;
      }
      throw new Error(`the addresses of ${key} changed too often`);
    },

    /** Profiles whose present e-mail address or number this is. Bounded to 100 (people share a phone). */
    async byAddress(kind: 'email' | 'sms', value: string): Promise<ProfileKey[]> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': addressKey(kind, value) },
          ConsistentRead: true,
          Limit: 100,
        }),
      );
      const found = new Set<ProfileKey>();
      for (const item of Items) {
        const at = await home(String(item.sk));
        const address = at.profile?.addresses[kind];
        if (address !== undefined && addressKey(kind, address.value) === item.pk) found.add(at.key);
      }
      return [...found];
    },

    /** Later entry wins, false on a tie; every entry goes to the ledger. Follows merges. */
    async addConsents(
      key: ProfileKey,
      entries: { key: string; entry: ConsentEntry }[],
      fold: (now: Consents) => Consents,
    ): Promise<Consents> {
      for (const { key: consent, entry } of entries) {
        const sk = `LEDGER#${stamp(entry.at)}#${hashId(consent, JSON.stringify(entry))}`;
        await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, consent, ...entry } }));
      }
      const result = await change<Consents>(key, 'CONSENT', (now) => fold(now ?? {}));
      return result ?? {};
    },

    /** What counts towards caps, by message id. Strongly consistent; follows merges. */
    async readSends(key: ProfileKey): Promise<Record<string, CountedSend>> {
      return (await change<Record<string, CountedSend>>(key, '#SENDS', () => undefined)) ?? {};
    },

    /**
     * Changes the counted sends atomically: `next` may be called again when somebody else wrote meanwhile; undefined = leave as it is.
     * `read`: what was read with the profile is taken for what is there at first.
     */
    changeSends(
      key: ProfileKey,
      next: (now: Record<string, CountedSend>) => Record<string, CountedSend> | undefined,
      read?: Pick<Home, 'sends'>,
    ) {
      const known = read && { item: read.sends };
      return change<Record<string, CountedSend>>(key, '#SENDS', (now) => next(now ?? {}), known);
    },

    /** Keys of one shard's profiles due before `before`, overdue included. */
    async dueBefore(shard: string, before: EpochMs, page: { limit: number; cursor?: Record<string, unknown> }) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'due',
          KeyConditionExpression: 'dueShard = :s AND dueAt < :before',
          ExpressionAttributeValues: { ':s': shard, ':before': before },
          Limit: page.limit,
          ExclusiveStartKey: page.cursor,
        }),
      );
      return { due: Items.map((item) => ({ key: String(item.pk), at: Number(item.dueAt) })), next: LastEvaluatedKey };
    },
  };
}

/** Undefined: the profile has no such address, or it is marked so already. */
function withStatus(
  profile: Profile,
  kind: 'email' | 'sms' | 'push',
  value: string,
  status: AddressStatus,
  renewed?: string,
): Profile | undefined {
  const { addresses } = profile;
  if (kind === 'push') {
    const token = addresses.push?.find((one) => one.value === value);
    if (token === undefined || (token.status === status && renewed === undefined)) return undefined;
    const next = renewed === undefined ? { ...token, status } : { ...token, value: renewed };
    const push = (addresses.push ?? [])
      .filter((one) => one.value !== renewed)
      .map((one) => (one.value === value ? next : one));
    return { ...profile, addresses: { ...addresses, push } };
  }
  const address = addresses[kind];
  if (address?.value !== value || address.status === status) return undefined;
  return { ...profile, addresses: { ...addresses, [kind]: { ...address, status } } };
}
