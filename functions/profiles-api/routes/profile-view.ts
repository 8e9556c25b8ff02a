import * as z from 'zod';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { ADDRESSED_CHANNELS, addressesOn, type Channel, kindOf } from '../../../core/channels/registry.ts';
import type { EpochMs } from '../../../core/ids.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import type { Activity } from '../../../core/profiles/activity.ts';
import {
  type AddressRecords,
  addressesOf as allAddressesOf,
  boundConsents,
} from '../../../core/profiles/address-record.ts';
import type { Consents, Profile } from '../../../core/profiles/profile.ts';
import { statusOf } from '../../../core/sending/choose-channel.ts';
import { iso } from '../../../core/time/instant.ts';
import { caughtUpNow } from '../../../engine/profiles/caught-up.ts';
import { evaluateTags } from '../../../engine/profiles/evaluate-tags.ts';
import type { FoundProfile } from '../../../engine/profiles/find-profile.ts';
import { computedTraits } from '../../../engine/profiles/traits.ts';
import { MASKED } from '../../../runtime/http/mask.ts';
import type { Deps } from '../dependencies.ts';
import { runsOfProfile } from './list-runs.ts';
import { MORE_MERGED } from './more-merged.ts';
import { RunSchema } from './run-schema.ts';

const AddressSchema = lazySchema(() =>
  z.object({ value: z.string().meta(MASKED), status: z.enum(['ok', 'bad', 'suppressed']) }),
);
const addressSchemaOf = (channel: Channel): z.ZodType => {
  const { shape, fields = {} } = kindOf(channel).address;
  const more = Object.fromEntries(Object.keys(fields).map((name) => [name, z.string()]));
  return shape === 'many' ? z.array(AddressSchema.unwrap().extend(more)) : AddressSchema;
};
/** Addresses by channel: one, or all of them. */
const ADDRESSES_SHAPE = Object.fromEntries(
  ADDRESSED_CHANNELS.map((channel) => [channel, addressSchemaOf(channel).optional()]),
) as Partial<Record<Channel, z.ZodOptional<z.ZodType>>>;
const ConsentSchema = lazySchema(() =>
  z.object({
    granted: z.boolean().optional(),
    at: z.string().optional(),
    source: z.string().optional(),
  }),
);

export const ProfileSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    traits: z.record(z.string(), z.unknown()),
    groups: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    timezone: z.string(),
    locale: z.string(),
    addresses: z.object(ADDRESSES_SHAPE),
    consent: z.record(
      z.string(),
      ConsentSchema.unwrap().extend({ topics: z.record(z.string(), ConsentSchema).optional() }),
    ),
    tags: z.array(
      z.object({
        id: z.string(),
        since: z.string(),
        until: z.string().optional().describe('when it next changes, if nothing happens'),
        version: z.number().int().optional().describe('of the rule by which it is on; absent: by hand'),
      }),
    ),
    runs: z.array(RunSchema.unwrap().omit({ profileId: true })),
    more: MORE_MERGED,
    warnings: z
      .array(
        z.object({
          code: z.enum([
            'trait-not-kept',
            'group-not-kept',
            'consent-not-kept',
            'key-too-long',
            'code-too-long',
            'too-many-runs',
            'merge-refused',
          ]),
          about: z
            .string()
            .describe('the trait, group, channel and topic, journey, coupon pool, or the other profile of a merge'),
          at: z.string(),
        }),
      )
      .describe('what was accepted and could not be kept, newest first'),
  }),
);
export type ProfileView = z.input<typeof ProfileSchema>;

/** A profile as `GET /v1/profiles/{id}` gives it; tags are evaluated at this instant. */
export async function profileView(deps: Deps, found: FoundProfile): Promise<ProfileView> {
  const { activity, snapshot } = await caughtUpNow(deps, found.home);
  const { addresses } = found.profile;
  const [{ runs, more }, records] = await Promise.all([
    runsOfProfile(deps, found, snapshot),
    deps.profiles.addressRecords(allAddressesOf(addresses)),
  ]);
  return {
    id: found.id,
    traits: { ...valuesOf(found.profile.traits), ...computedTraits(activity, snapshot, deps.clock()) },
    ...(found.profile.groups && { groups: groupsOf(found.profile.groups) }),
    timezone: found.profile.timezone ?? snapshot.settings.timezone,
    locale: found.profile.locale ?? snapshot.settings.locale,
    addresses: addressesOf(found.profile, records),
    consent: consentOf(boundConsents(found.home.consents, addresses, records)),
    tags: tagsOf(found.profile, activity, snapshot, deps.clock()),
    runs: runs.map(({ profileId: _profileId, ...run }) => run),
    ...(more ? { more: true as const } : {}),
    warnings: (found.profile.warnings ?? []).map(({ code, about, at }) => ({ code, about, at: iso(at) })),
  };
}

const valuesOf = (traits: Profile['traits']): Record<string, unknown> =>
  Object.fromEntries(Object.entries(traits).flatMap(([name, { value }]) => (value === null ? [] : [[name, value]])));

const groupsOf = (groups: NonNullable<Profile['groups']>): ProfileView['groups'] =>
  Object.fromEntries(Object.entries(groups).map(([id, said]) => [id, valuesOf(said)]));

function addressesOf({ addresses }: Profile, records: AddressRecords): ProfileView['addresses'] {
  const view: ProfileView['addresses'] = {};
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
export function consentOf(consents: Consents): ProfileView['consent'] {
  const view: ProfileView['consent'] = {};
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
): ProfileView['tags'] {
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
