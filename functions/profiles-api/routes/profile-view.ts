import * as z from 'zod';
import { ADDRESSED_CHANNELS, type Channel, kindOf } from '../../../core/channels/registry.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { addressesOf } from '../../../core/profiles/address-record.ts';
import { iso } from '../../../core/time/instant.ts';
import { caughtUpNow } from '../../../engine/profiles/caught-up.ts';
import type { FoundProfile } from '../../../engine/profiles/find-profile.ts';
import { shownProfile } from '../../../engine/profiles/shown-profile.ts';
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
  const [{ runs, more }, records] = await Promise.all([
    runsOfProfile(deps, found, snapshot),
    deps.profiles.addressRecords(addressesOf(found.profile.addresses)),
  ]);
  const { profile, home } = found;
  return {
    id: found.id,
    ...shownProfile({ profile, consents: home.consents, activity }, { snapshot, records, now: deps.clock() }),
    runs: runs.map(({ profileId: _profileId, ...run }) => run),
    ...(more ? { more: true as const } : {}),
    warnings: (found.profile.warnings ?? []).map(({ code, about, at }) => ({ code, about, at: iso(at) })),
  };
}
