import * as z from 'zod';
import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { isHeldOut, pilotRank, variantOf } from '../../core/campaigns/draws.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { instantThere, type OccurrenceTimes } from '../../core/campaigns/occurrence-times.ts';
import { type Audience, type Campaign, templateOf } from '../../core/campaigns/schema.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { addressesOn, type Channel } from '../../core/channels/registry.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Job, JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { addressesOf, addressHash } from '../../core/profiles/address-record.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { channelsFor, chooseChannel } from '../../core/sending/choose-channel.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import { addDays } from '../../core/time/local.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import { audienceEvaluator, type EvaluatorDeps } from '../profiles/audience-evaluator.ts';
import type { CurrentProfile, ProfileStore } from '../profiles/ports.ts';
import { definitionOf } from './begin-occurrence.ts';
import type { AudiencePages, OccurrenceStore } from './ports.ts';

export interface CollectDeps extends Omit<EvaluatorDeps, 'profiles'> {
  profiles: EvaluatorDeps['profiles'] & Pick<ProfileStore, 'members' | 'home' | 'addressRecords'>;
  occurrences: Pick<OccurrenceStore, 'get' | 'armed'>;
  pages: Pick<AudiencePages, 'put'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  clock: Clock;
}

/** Profiles of a page: a line has about 150 bytes. */
export const LINES_OF_PAGE = 500;
const CONCURRENCY = 16;

const PlaceSchema = lazySchema(() =>
  z.object({ page: z.number(), members: z.record(z.string(), z.unknown()).optional() }),
);

export const pageName = (shard: number, page: number): string => `${shard}-${page}`;

/** Writes one page of one shard of the audience. A repeat writes the same page anew: who has changed in between may be judged otherwise, but once. */
export async function collectPage(
  deps: CollectDeps,
  { members = '', work }: Pick<Job, 'members'> & { work: JobSpecOf<'collect'> },
  { shard, cursor }: { shard: number; cursor?: Record<string, unknown> | undefined },
): Promise<{ done: number; next?: Record<string, unknown> }> {
  const of = { campaign: work.campaign, id: work.occurrence };
  const occurrence = await deps.occurrences.get(of);
  if (occurrence?.status !== 'collecting') return { done: 0 };
  const place = cursor === undefined ? { page: 0 } : PlaceSchema.parse(cursor);
  const read = await deps.profiles.members(members, shard, {
    limit: LINES_OF_PAGE,
    ...(place.members === undefined ? {} : { cursor: place.members }),
  });
  const judge = await judgeOf(deps, occurrence);
  const lines = await mapWithConcurrency(CONCURRENCY, read.profiles, judge);
  await deps.pages.put(
    of,
    pageName(shard, place.page),
    lines.flatMap((line) => line ?? []),
  );
  return {
    done: read.profiles.length,
    ...(read.next === undefined ? {} : { next: { page: place.page + 1, members: read.next } }),
  };
}

/** What a profile's line is made of. */
interface Judging {
  occurrence: Occurrence;
  campaign: Campaign;
  snapshot: Snapshot;
  templates: ReadonlyMap<string, TemplateDefinition>;
  /** When the version was published: whose time has passed by then is late. */
  armedAt: EpochMs;
}

async function judgeOf(
  deps: CollectDeps,
  occurrence: Occurrence,
): Promise<(key: ProfileKey) => Promise<AudienceLine | undefined>> {
  const campaign = await definitionOf(deps, occurrence.campaign, occurrence.version);
  const { snapshot } = await deps.catalog.snapshot();
  const judging: Judging = {
    occurrence,
    campaign,
    snapshot,
    templates: await templatesOf(deps, occurrence),
    armedAt: (await deps.occurrences.armed(occurrence.campaign))?.at ?? occurrence.at,
  };
  const asked = conditionsOf(occurrence.audience ?? campaign.audience, campaign);
  const evaluated = audienceEvaluator(
    deps,
    asked.map(({ condition }) => condition),
    snapshot,
    deps.clock(),
  );
  return async (key) => {
    const home = await deps.profiles.home(key);
    const verdicts = await evaluated(home.key, home);
    const isTrue = (of: string) => asked.every((one, index) => one.of !== of || verdicts[index]);
    if (home.profile === undefined || !isTrue('audience')) return undefined;
    const isExcluded = asked.some(({ of }) => of === 'exclude') && isTrue('exclude');
    const fitting = (campaign.variants ?? []).findIndex(
      (one, index) => one.if !== undefined && isTrue(`variant-${index}`),
    );
    return lineOf(deps, judging, { home: { ...home, profile: home.profile }, isExcluded, fitting });
  };
}

/** The conditions that are asked of each profile. A list's members fulfil it by being listed. */
function conditionsOf(
  audience: Audience,
  { exclude, variants = [] }: Campaign,
): { of: string; condition: Condition }[] {
  return [
    ...('list' in audience ? [] : [{ of: 'audience', condition: audience }]),
    ...(exclude === undefined ? [] : [{ of: 'exclude', condition: exclude }]),
    ...variants.flatMap((variant, index) =>
      variant.if === undefined ? [] : [{ of: `variant-${index}`, condition: variant.if }],
    ),
  ];
}

/** In the pinned versions, as the senders will use them. */
async function templatesOf(
  { catalog }: Pick<CollectDeps, 'catalog'>,
  { campaign, version }: Occurrence,
): Promise<Map<string, TemplateDefinition>> {
  const pins = (await catalog.version('campaigns', campaign, version))?.pins?.templates ?? {};
  const found = await Promise.all(
    Object.entries(pins).map(async ([id, n]) => [id, (await catalog.version('templates', id, n))?.definition] as const),
  );
  return new Map(found.flatMap(([id, definition]) => (definition === undefined ? [] : [[id, definition] as const])));
}

async function lineOf(
  deps: CollectDeps,
  judging: Judging,
  judged: { home: CurrentProfile & { profile: Profile }; isExcluded: boolean; fitting: number },
): Promise<AudienceLine> {
  const { occurrence, campaign } = judging;
  const { home, isExcluded, fitting } = judged;
  const { key, profile } = home;
  const line = { p: key, r: pilotRank(occurrence.campaign, key), n: heardOf(profile) };
  if (isExcluded) return { ...line, g: 'excluded' };
  const variant = fitting >= 0 ? fitting : drawn(occurrence.campaign, key, campaign);
  const a = await addressesFor(deps, judging, home, variant);
  const isControl = isHeldOut(occurrence.campaign, { profile: key }, campaign.holdout ?? 0);
  return {
    ...line,
    ...(isControl ? { g: 'holdout' as const } : {}),
    ...(a.length === 0 ? {} : { a }),
    ...(variant === undefined ? {} : { v: variant }),
    ...timeOf(judging, profile),
  };
}

/** The index of the variant by weight, among those without a condition. */
function drawn(campaign: string, key: ProfileKey, { variants = [] }: Campaign): number | undefined {
  const shared = variants.filter((variant) => variant.if === undefined);
  const chosen = variantOf(campaign, key, shared);
  return chosen === undefined ? undefined : variants.indexOf(chosen);
}

/** Its address on each channel that it could be sent by now. Where a profile has several on one, or none is needed, the profile itself stands for it. */
async function addressesFor(
  deps: Pick<CollectDeps, 'profiles'>,
  { campaign, snapshot, templates }: Judging,
  { key, profile, consents }: CurrentProfile & { profile: Profile },
  variant: number | undefined,
): Promise<[Channel, string][]> {
  const template = templates.get(templateOf(campaign, campaign.variants?.[variant ?? -1]?.name) ?? '');
  if (template === undefined) return [];
  const { settings } = snapshot;
  const records = await deps.profiles.addressRecords(addressesOf(profile.addresses));
  const source = { kind: 'campaign', id: '', version: 0, occurrence: '' } as const;
  const asked = { template, profile, consents, records, fatigued: new Set<Channel>(), broken: new Map(), settings };
  return channelsFor({ request: { channels: campaign.channels }, template, profile, settings }).flatMap(
    (channel): [Channel, string][] => {
      const chosen = chooseChannel({ ...asked, request: { channels: [channel], source } });
      if (!('target' in chosen)) return [];
      const [only, ...others] = addressesOn(profile.addresses, channel);
      return [[channel, only === undefined || others.length > 0 ? key : addressHash({ channel, value: only.value })]];
    },
  );
}

/** When somebody first said something of it, in seconds. */
const heardOf = ({ traits }: Profile): number =>
  Math.floor(Math.min(Number.MAX_SAFE_INTEGER, ...Object.values(traits).map(({ ts }) => ts)) / 1000);

/** Where each customer has it at their own time: when, and what becomes of those whose time had passed at `publish`. */
function timeOf(
  { occurrence, campaign, snapshot, armedAt }: Judging,
  profile: Profile,
): Pick<AudienceLine, 'at' | 'late'> {
  const { date } = occurrence;
  if (date === undefined || typeof campaign.at === 'string') return {};
  const times: OccurrenceTimes = campaign.at;
  const zone = profile.timezone ?? snapshot.settings.timezone;
  const at = instantThere(times, date, zone);
  if (at >= armedAt) return at <= occurrence.at ? {} : { at };
  if (campaign.late === 'next') return { at: instantThere(atDate(times, addDays(date, 1)), addDays(date, 1), zone) };
  return campaign.late === 'now' ? {} : { late: true };
}

const atDate = (times: OccurrenceTimes, date: string): OccurrenceTimes =>
  'every' in times ? times : { ...times, time: `${date}T${times.time.slice(-5)}` };
