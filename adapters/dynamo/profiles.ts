import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Address } from '../../core/channels/address.ts';
import { CHANNELS, type Channel, ChannelSchema, heldOn, kindOf, withAddresses } from '../../core/channels/registry.ts';
import { compress, decompress } from '../../core/compression.ts';
import { type EpochMs, hashId, type ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { type AddressRef, addressesOf, addressHash, answeringAddresses } from '../../core/profiles/address-record.ts';
import { withRenewed } from '../../core/profiles/addresses.ts';
import type { KeyedConsent } from '../../core/profiles/consent.ts';
import type { Consents, CountedSend, Profile } from '../../core/profiles/profile.ts';
import type { ProfileStore } from '../../engine/profiles/ports.ts';
import { type CurrentProfile, MAX_HOPS } from '../../engine/profiles/ports.ts';
import { addressStore, RECORD } from './addresses.ts';
import { isConditionMet } from './conditional-write.ts';
import { membershipStore } from './memberships.ts';
import { pendingStore } from './pending.ts';
import { activityItem, addressKey, lookUpsOnlyOf, stamp } from './profile-items.ts';
import { mergeStore } from './profile-merges.ts';
import { profileReads } from './profile-reads.ts';
import { timelineStore } from './timeline.ts';

/** Owners of an address that are read concurrently. */
const CONCURRENCY = 8;

/** Channels whose addresses belong to one profile each. */
const OWNED = CHANNELS.filter((channel) => kindOf(channel).address.isOwned);
const seenAt = (held: Address): EpochMs => ('at' in held && typeof held.at === 'number' ? held.at : 0);

/** Stores all data of customers. Every write has its own condition; if it is refused, the call returns `false`, and the caller starts again. */
export function profileStore(client: DynamoDBDocumentClient, table: string): ProfileStore {
  const reads = profileReads(client, table);
  const { query, home, readProfile, readActivity, get } = reads;
  const pendingEffects = pendingStore(client, table, reads);
  const addresses = addressStore(client, table);

  /**
   * Reads, changes and writes one commutative item under its own version; follows merges. `known`: the item as it was read already, which may be
   * absent.
   */
  async function change<Value>(
    key: ProfileKey,
    sk: 'CONSENT' | '#SENDS',
    next: (now: Value | undefined) => Value | undefined,
    known?: { item: Record<string, unknown> | undefined },
  ): Promise<Value | undefined> {
    let at = key;
    for (let attempt = 0; attempt < MAX_HOPS; attempt += 1) {
      const item = attempt === 0 && known !== undefined ? known.item : await get(at, sk);
      if (item?.mergedInto !== undefined) {
        // Go straight to the end of its merges, or at least past the profile that froze this item.
        const { key: end } = await home(at);
        at = end === at ? (item.mergedInto as ProfileKey) : end;
        continue;
      }
      const now = item && decompress<Value>(item.body);
      const then = next(now);
      if (then === undefined) return now;
      const v = (item?.v as number | undefined) ?? 0;
      const written = await isConditionMet(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: at, sk, v: v + 1, body: compress(then) },
            ConditionExpression: item ? 'v = :v AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: item ? { ':v': v } : undefined,
          }),
        ),
      );
      if (written) return then;
    }
    throw new Error(`${sk} of ${key} changed too often`);
  }

  function putProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean> {
    return isConditionMet(
      client.send(
        new PutCommand({
          TableName: table,
          Item: {
            pk: key,
            sk: '#PROFILE',
            pv: next.pv,
            body: compress({ ...next, pv: undefined, mergedInto: undefined }),
          },
          ConditionExpression: before ? 'pv = :pv AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
          ExpressionAttributeValues: before ? { ':pv': before.pv } : undefined,
        }),
      ),
    );
  }

  async function putLookUp(pk: string, key: ProfileKey, pv: number): Promise<void> {
    await isConditionMet(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk, sk: key },
          UpdateExpression: 'SET pv = :pv',
          ConditionExpression: 'attribute_not_exists(pv) OR pv < :pv',
          ExpressionAttributeValues: { ':pv': pv },
        }),
      ),
    );
  }

  async function removeLookUp(pk: string, key: ProfileKey, pv: number): Promise<void> {
    await isConditionMet(
      client.send(
        new DeleteCommand({
          TableName: table,
          Key: { pk, sk: key },
          ConditionExpression: 'attribute_not_exists(pv) OR pv <= :pv',
          ExpressionAttributeValues: { ':pv': pv },
        }),
      ),
    );
  }

  /** Addresses that belong to one profile alone (push tokens) and are new to this one become its own, and leave the profile that had them. */
  async function withOwnAddresses(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<Profile> {
    let { addresses: kept } = next;
    for (const channel of OWNED) {
      const known = new Set(heldOn(before?.addresses ?? {}, channel).map(({ value }) => value));
      const lost = new Set<string>();
      for (const held of heldOn(kept, channel)) {
        if (known.has(held.value)) continue;
        const ref = { channel, value: held.value };
        const owned = await addresses.ownAddress(ref, key, seenAt(held));
        if (owned === false) lost.add(held.value);
        else if (owned.before !== undefined && owned.before !== key) await dropAddress(owned.before, ref, key);
      }
      if (lost.size === 0) continue;
      const left = heldOn(kept, channel).filter(({ value }) => !lost.has(value));
      kept = withAddresses(kept, channel, left);
    }
    return kept === next.addresses ? next : { ...next, addresses: kept };
  }

  /**
   * `owner` has registered the address since: it leaves the profile. Answers false, and takes nothing, where both are one by now. Follows merges:
   * a merge between the reads and the write is seen by the write, which the profile's `pv` or fence then refuses.
   */
  async function dropAddress(key: ProfileKey, ref: AddressRef, owner: ProfileKey): Promise<boolean> {
    let isForeign = true;
    await changeAddresses(key, ref.channel, async (held, at) => {
      isForeign = (await home(owner)).key !== at;
      return isForeign ? held.filter(({ value }) => value !== ref.value) : held;
    });
    return isForeign;
  }

  /** Another's change of a profile's addresses of a channel; follows merges. */
  async function changeAddresses(
    key: ProfileKey,
    channel: Channel,
    change: (held: Address[], at: ProfileKey) => Address[] | Promise<Address[]>,
  ): Promise<void> {
    for (let attempt = 0; attempt < MAX_HOPS; attempt += 1) {
      const { key: at, profile } = await home(key);
      const held = heldOn(profile?.addresses ?? {}, channel);
      const changed = await change(held, at);
      if (profile === undefined || JSON.stringify(changed) === JSON.stringify(held)) return;
      const next = { ...profile, pv: profile.pv + 1, addresses: withAddresses(profile.addresses, channel, changed) };
      if (await putProfile(at, profile, next)) return;
    }
    throw new Error(`the addresses of ${key} changed too often`);
  }

  /** A yes to a channel by whoever is shown to have the address lifts the STOP that came from it. */
  async function reopenAnswered(key: ProfileKey, entries: readonly KeyedConsent[]): Promise<void> {
    const yes = entries.filter(({ key: said, entry, stamp, proven }) => {
      const { data: channel } = ChannelSchema.safeParse(said);
      const isAnswered = channel !== undefined && kindOf(channel).address.isAnswered;
      return isAnswered && entry.granted && !stamp && proven !== null;
    });
    if (yes.length === 0) return;
    for (const ref of answeringAddresses((await home(key)).profile?.addresses ?? {})) {
      const lifting = yes.filter(
        ({ key: said, proven }) => said === ref.channel && (proven === undefined || proven === addressHash(ref)),
      );
      if (lifting.length > 0) await addresses.reopenAddress(ref, Math.max(...lifting.map(({ entry }) => entry.at)));
    }
  }

  return {
    query,
    home,
    readProfile,
    readActivity,
    ...addresses,
    ...timelineStore(client, table, reads),
    ...membershipStore(client, table),
    ...mergeStore(client, table, reads),

    async commitActivity(key: ProfileKey, expected: number | undefined, next: Activity): Promise<boolean> {
      const pending = await pendingEffects.put(key, next.version, next.pending);
      return isConditionMet(
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

    async updateProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean> {
      for (const address of lookUpsOnlyOf(next, before)) await putLookUp(address, key, next.pv);
      const written = await putProfile(key, before, await withOwnAddresses(key, before, next));
      if (written) for (const address of lookUpsOnlyOf(before, next)) await removeLookUp(address, key, next.pv);
      return written;
    },

    async removeLookUps(key: ProfileKey, { addresses, pv }: Profile): Promise<void> {
      for (const ref of addressesOf(addresses))
        if (kindOf(ref.channel).address.isLookedUp) await removeLookUp(addressKey(ref), key, pv);
    },

    async renewAddress(key: ProfileKey, { channel, value }: AddressRef, renewed: string, at: EpochMs): Promise<void> {
      if ((await addresses.ownAddress({ channel, value: renewed }, (await home(key)).key, at)) === false) return;
      await changeAddresses(key, channel, (held) => withRenewed(held, value, renewed));
    },

    dropAddress,

    async byAddress(
      ref: AddressRef,
      page: { limit: number; cursor?: string | undefined } = { limit: 100 },
    ): Promise<{ keys: ProfileKey[]; next?: string | undefined }> {
      const pk = addressKey(ref);
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk > :after',
          ExpressionAttributeValues: { ':pk': pk, ':after': page.cursor ?? RECORD },
          ConsistentRead: true,
          Limit: page.limit,
        }),
      );
      const keys = await mapWithConcurrency(CONCURRENCY, Items, async (item) => {
        const at = await home(String(item.sk));
        const present = addressesOf(at.profile?.addresses ?? {}, ref.channel);
        const isOwner = present.some((one) => addressKey(one) === pk);
        // A writer that has not stored its profile yet has a later `pv`.
        if ((!isOwner || at.key !== item.sk) && at.settled)
          await removeLookUp(pk, String(item.sk), at.key === item.sk ? (at.profile?.pv ?? 0) : Number(item.pv ?? 0));
        return isOwner ? at.key : undefined;
      });
      return {
        keys: [...new Set(keys.filter((key) => key !== undefined))],
        next: LastEvaluatedKey === undefined ? undefined : String(LastEvaluatedKey.sk),
      };
    },

    async addConsents(
      key: ProfileKey,
      entries: readonly KeyedConsent[],
      fold: (now: Consents) => Consents,
    ): Promise<Consents> {
      for (const { key: consent, entry } of entries) {
        const sk = `LEDGER#${stamp(entry.at)}#${hashId(consent, JSON.stringify(entry))}`;
        await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, consent, ...entry } }));
      }
      const result = await change<Consents>(key, 'CONSENT', (now) => fold(now ?? {}));
      await reopenAnswered(key, entries);
      return result ?? {};
    },

    async readSends(key: ProfileKey): Promise<Record<string, CountedSend>> {
      return (await change<Record<string, CountedSend>>(key, '#SENDS', () => undefined)) ?? {};
    },

    changeSends(
      key: ProfileKey,
      next: (now: Record<string, CountedSend>) => Record<string, CountedSend> | undefined,
      read?: Pick<CurrentProfile, 'sends'>,
    ) {
      const known = read && { item: read.sends };
      return change<Record<string, CountedSend>>(key, '#SENDS', (now) => next(now ?? {}), known);
    },

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
