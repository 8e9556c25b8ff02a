import { kindOf } from '../../core/channels/registry.ts';
import { compress, decompress } from '../../core/compression.ts';
import { type EpochMs, type ProfileKey, shardOf } from '../../core/ids.ts';
import { ALL_PROFILES } from '../../core/jobs/all-profiles.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { type AddressRef, addressesOf, addressId } from '../../core/profiles/address-record.ts';
import type { Consents, Profile } from '../../core/profiles/profile.ts';
import { MEMBER_SHARDS } from '../../engine/profiles/ports.ts';

/** Converts a profile's records to items of the table, and back. */

const DUE_SHARDS = 64;

/** Partition of an address's record, and of the look-ups from it to profiles. */
export const addressKey = (ref: AddressRef): string => `ADDRESS#${addressId(ref)}`;

/** Look-ups by e-mail address and number that `profile` needs and `other` does not. */
export function lookUpsOnlyOf(profile: Profile | undefined, other: Profile | undefined): string[] {
  const keysOf = (one: Profile | undefined) =>
    addressesOf(one?.addresses ?? {})
      .filter(({ channel }) => kindOf(channel).address.isSearchable)
      .map(addressKey);
  const others = new Set(keysOf(other));
  return keysOf(profile).filter((key) => !others.has(key));
}

/** Epoch ms as keys hold them: text order is time order. */
export const stamp = (at: EpochMs): string => String(at).padStart(13, '0');

export function activityItem(key: ProfileKey, activity: Activity): Record<string, unknown> {
  const { version, pv, dueAt, mergedInto, done, ids, ...state } = activity;
  return {
    pk: key,
    sk: '#ACTIVITY',
    version,
    pv,
    mergedInto,
    done,
    ids: ids.length === 0 ? undefined : packHashes(ids),
    body: compress(state),
    ...(dueAt === undefined ? {} : { dueAt, dueShard: shardOf(key, DUE_SHARDS) }),
    // A profile that was merged away is no longer listed.
    ...(mergedInto === undefined ? { member: memberKey(ALL_PROFILES, key) } : {}),
  };
}

/** Partition of the membership index. */
export const memberKey = (tag: string, key: ProfileKey): string => `${tag}#${shardOf(key, MEMBER_SHARDS)}`;

/** Inverse of `activityItem`; the casts name what only that wrote. */
export function activityOf(item: Record<string, unknown>): Activity {
  return {
    ...decompress<
      Pick<
        Activity,
        | 'features'
        | 'featuresOf'
        | 'arrivalsOf'
        | 'snapshotOf'
        | 'timesUntil'
        | 'trimmedAt'
        | 'lastAt'
        | 'tags'
        | 'openRuns'
        | 'neverLeft'
        | 'pending'
        | 'mergedFrom'
      >
    >(item.body),
    version: item.version as number,
    pv: item.pv as number,
    dueAt: item.dueAt as EpochMs | undefined,
    mergedInto: item.mergedInto as ProfileKey | undefined,
    done: item.done as boolean | undefined,
    ids: item.ids === undefined ? [] : unpackHashes(item.ids),
  };
}

/** A fence alone (a profile unknown before its merge) has no body. */
export function profileOf(item: Record<string, unknown>): Profile {
  const body =
    item.body === undefined
      ? { identity: { kind: 'anonymous', id: '' }, traits: {}, addresses: {} }
      : decompress<Profile>(item.body);
  return {
    ...(body as Profile),
    pv: (item.pv as number | undefined) ?? 0,
    mergedInto: item.mergedInto as ProfileKey | undefined,
  };
}

export const consentsOf = (item: Record<string, unknown>): Consents =>
  item.body === undefined ? {} : decompress<Consents>(item.body);

export function packHashes(hashes: string[]): Uint8Array {
  return Buffer.from(hashes.join(''), 'base64url');
}

/** 48-bit hashes are 8 base64url characters without remainder, so they may be joined. */
export function unpackHashes(bytes: unknown): string[] {
  return (
    Buffer.from(bytes as Uint8Array)
      .toString('base64url')
      .match(/.{8}/g) ?? []
  );
}
