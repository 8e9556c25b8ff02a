import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ChannelSchema, kindOf } from '../../core/channels/registry.ts';
import { type EpochMs, hashId, type ProfileKey, shortHash } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { addressHash, answeringAddresses } from '../../core/profiles/address-record.ts';
import type { KeyedConsent } from '../../core/profiles/consent.ts';
import type { CountedSends } from '../../core/profiles/counted-sends.ts';
import type { Consents, Profile } from '../../core/profiles/profile.ts';
import type { AddressStore, CurrentProfile, ProfileStore } from '../../engine/profiles/ports.ts';
import { addressStore } from './addresses.ts';
import { carriedOut, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item } from './item.ts';
import { membershipStore } from './memberships.ts';
import { ownedAddresses } from './owned-addresses.ts';
import { pendingEffectStore } from './pending-effects.ts';
import { changeShared } from './profile-changes.ts';
import { activityItem, lookUpsOnlyOf, stamp } from './profile-items.ts';
import { profileLookUps, putLookUp, removeLookUp } from './profile-look-ups.ts';
import { mergeStore } from './profile-merges.ts';
import { type ProfilePartition, profileReads } from './profile-reads.ts';
import { putProfile } from './profile-writes.ts';
import { type Table, tableOf } from './table.ts';
import { timelineStore } from './timeline.ts';

/** Stores all data of customers. Every write has its own condition; if it is refused, the call returns `false`, and the caller starts again. */
export function profileStore(client: DynamoDBDocumentClient, table: string): ProfileStore {
  const rows = tableOf(client, table);
  const reads = profileReads(client, table);
  const { query, home, readProfile, readActivity } = reads;
  const addresses = addressStore(client, table);
  const timeline = timelineStore(client, table, reads);
  const memberships = membershipStore(client, table);
  const { withOwnAddresses, ...owned } = ownedAddresses(rows, reads, addresses);

  return {
    query,
    home,
    readProfile,
    readActivity,
    ...addresses,
    ...timeline,
    ...memberships,
    ...mergeStore(client, table, reads, { ...timeline, ...memberships }),
    ...activityWrites(rows, reads, pendingEffectStore(client, table, reads)),
    ...profileLookUps(rows, reads),
    ...owned,
    ...profileConsents(rows, reads, addresses),
    ...countedSends(rows, reads),

    async updateProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean> {
      for (const pk of lookUpsOnlyOf(next, before)) await putLookUp(rows, { pk, sk: key }, next.pv);
      const written = await putProfile(rows, key, before, await withOwnAddresses(key, before, next));
      if (written) for (const pk of lookUpsOnlyOf(before, next)) await removeLookUp(rows, { pk, sk: key }, next.pv);
      return written;
    },
  };
}

const activityWrites = (
  rows: Table,
  { get }: Pick<ProfilePartition, 'get'>,
  effectStore: ReturnType<typeof pendingEffectStore>,
): Pick<ProfileStore, 'commitActivity' | 'storedEffects' | 'dueBefore'> => ({
  async commitActivity(key: ProfileKey, expected: number | undefined, next: Activity): Promise<boolean> {
    const pending = await effectStore.put(key, next.version, next.pending);
    const when = expected === undefined ? NOT_THERE : expression`#version = ${expected}`;
    const op = shortHash(newOperation());
    const item = { ...activityItem(key, { ...next, pending }), op };
    return carriedOut(rows.put(item, when), async () => (await get(key, '#ACTIVITY'))?.op === op);
  },

  storedEffects: effectStore.get,

  async dueBefore(shard: string, before: EpochMs, page: { limit: number; cursor?: Item }) {
    const { items, next } = await rows.query(expression`#dueShard = ${shard} AND #dueAt < ${before}`, {
      index: 'due',
      limit: page.limit,
      after: page.cursor,
    });
    return { due: items.map((item) => ({ key: String(item.pk), at: Number(item.dueAt) })), next };
  },
});

const profileConsents = (
  rows: Table,
  reads: ProfilePartition,
  addresses: Pick<AddressStore, 'liftStop'>,
): Pick<ProfileStore, 'addConsents'> => ({
  async addConsents(
    key: ProfileKey,
    entries: readonly KeyedConsent[],
    fold: (now: Consents) => Consents,
  ): Promise<Consents> {
    const putLedger = async (pk: ProfileKey) => {
      for (const { key: consent, entry } of entries) {
        const sk = `LEDGER#${stamp(entry.at)}#${hashId(consent, JSON.stringify(entry))}`;
        await rows.put({ pk, sk, consent, ...entry });
      }
    };
    await putLedger(key);
    const item = { pk: key, sk: 'CONSENT' } as const;
    // Under a profile that was merged before, nobody moves the entries any more.
    const result = await changeShared(rows, reads, item, (now) => fold(now ?? {}), { onMoved: putLedger });
    await reopenAnswered(reads, addresses, key, entries);
    return result ?? {};
  },
});

/** A yes to a channel by whoever is shown to have the address lifts the STOP that came from it. */
async function reopenAnswered(
  { home }: ProfilePartition,
  { liftStop }: Pick<AddressStore, 'liftStop'>,
  key: ProfileKey,
  entries: readonly KeyedConsent[],
): Promise<void> {
  const yes = entries.filter(({ key: said, entry, stamp, proven }) => {
    const { data: channel } = ChannelSchema.safeParse(said);
    const isAnswered = channel !== undefined && kindOf(channel).address.acceptsStopReplies;
    return isAnswered && entry.granted && !stamp && proven !== null;
  });
  if (yes.length === 0) return;
  for (const ref of answeringAddresses((await home(key)).profile?.addresses ?? {})) {
    const lifting = yes.filter(
      ({ key: said, proven }) => said === ref.channel && (proven === undefined || proven === addressHash(ref)),
    );
    if (lifting.length > 0) await liftStop(ref, Math.max(...lifting.map(({ entry }) => entry.at)));
  }
}

const countedSends = (rows: Table, reads: ProfilePartition): Pick<ProfileStore, 'readSends' | 'changeSends'> => ({
  async readSends(key: ProfileKey): Promise<CountedSends> {
    return (await changeShared(rows, reads, { pk: key, sk: '#SENDS' }, () => undefined)) ?? {};
  },

  changeSends(
    key: ProfileKey,
    next: (now: CountedSends) => CountedSends | undefined,
    read?: Pick<CurrentProfile, 'sends'>,
  ): Promise<CountedSends | undefined> {
    const known = read && { item: read.sends };
    return changeShared(rows, reads, { pk: key, sk: '#SENDS' }, (now) => next(now ?? {}), { known });
  },
});
