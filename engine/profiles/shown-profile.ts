import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { ADDRESSED_CHANNELS, addressesOn, type Channel, kindOf } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { type AddressRecords, boundConsents } from '../../core/profiles/address-record.ts';
import type { Consents, Profile } from '../../core/profiles/profile.ts';
import { statusOf } from '../../core/sending/choose-channel.ts';
import { iso } from '../../core/time/instant.ts';
import { evaluateTags } from './evaluate-tags.ts';
import { computedTraits } from './traits.ts';

interface Consent {
  granted?: boolean;
  at?: string;
  source?: string;
}
/** A customer as the API and exports show them. */
export interface ShownProfile {
  /** Those that clients sent, and computed ones. */
  traits: Record<string, unknown>;
  groups?: Record<string, Record<string, unknown>>;
  timezone: string;
  locale: string;
  /** With the status of each. */
  addresses: Partial<Record<Channel, unknown>>;
  consent: Record<string, Consent & { topics?: Record<string, Consent> }>;
  /** Those that are on. */
  tags: { id: string; since: string; until?: string; version?: number }[];
}

/** Shows a profile that was caught up with the live rules; tags are evaluated at `now`. */
export function shownProfile(
  { profile, consents, activity }: { profile: Profile; consents: Consents; activity: Activity | undefined },
  { snapshot, records, now }: { snapshot: Snapshot; records: AddressRecords; now: EpochMs },
): ShownProfile {
  return {
    traits: { ...valuesOf(profile.traits), ...computedTraits(activity, snapshot, now) },
    ...(profile.groups && { groups: groupsOf(profile.groups) }),
    timezone: profile.timezone ?? snapshot.settings.timezone,
    locale: profile.locale ?? snapshot.settings.locale,
    addresses: addressesOf(profile, records),
    consent: consentOf(boundConsents(consents, profile.addresses, records)),
    tags: tagsOf(profile, activity, snapshot, now),
  };
}

const valuesOf = (traits: Profile['traits']): Record<string, unknown> =>
  Object.fromEntries(Object.entries(traits).flatMap(([name, { value }]) => (value === null ? [] : [[name, value]])));

const groupsOf = (groups: NonNullable<Profile['groups']>): ShownProfile['groups'] =>
  Object.fromEntries(Object.entries(groups).map(([id, said]) => [id, valuesOf(said)]));

function addressesOf({ addresses }: Profile, records: AddressRecords): ShownProfile['addresses'] {
  const view: ShownProfile['addresses'] = {};
  for (const channel of ADDRESSED_CHANNELS) {
    const { shape, fields = {} } = kindOf(channel).address;
    const shown = addressesOn(addresses, channel).map((address) => ({
      value: address.value,
      status: statusOf(address, channel, records),
      ...Object.fromEntries(Object.entries(address).filter(([name]) => Object.hasOwn(fields, name))),
    }));
    if (addresses[channel] !== undefined) view[channel] = shape === 'many' ? shown : shown[0];
  }
  return view;
}

/** Combines `sms` and `sms:offers` into one entry per channel with its topics. */
function consentOf(consents: Consents): ShownProfile['consent'] {
  const view: ShownProfile['consent'] = {};
  for (const [key, { granted, at, source }] of Object.entries(consents)) {
    const [channel = '', ...topic] = key.split(':');
    const entry = { granted, at: iso(at), source };
    const before = view[channel] ?? {};
    view[channel] =
      topic.length === 0
        ? { ...before, ...entry }
        : { ...before, topics: { ...before.topics, [topic.join(':')]: entry } };
  }
  return view;
}

/** Tags at `now` may differ from those of the last commit, because rules have sliding windows. */
function tagsOf(
  profile: Profile,
  activity: Activity | undefined,
  snapshot: Snapshot,
  now: EpochMs,
): ShownProfile['tags'] {
  if (activity === undefined) return [];
  const { tags } = evaluateTags(profile, activity, snapshot, now);
  return Object.entries(tags)
    .filter(([id]) => !id.startsWith('segment:'))
    .map(([id, { since, until, rule }]) => ({
      id,
      since: iso(since),
      ...(until === undefined ? {} : { until: iso(until) }),
      ...(rule === undefined ? {} : { version: rule }),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
