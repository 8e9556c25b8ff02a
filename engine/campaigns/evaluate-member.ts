import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { isHeldOut, pilotRank, variantOf } from '../../core/campaigns/draws.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { instantInZone, type OccurrenceTimes } from '../../core/campaigns/occurrence-times.ts';
import { type Campaign, templateOf } from '../../core/campaigns/schema.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { addressesOn, CHANNELS, type Channel } from '../../core/channels/registry.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { type AddressRecords, addressesOf, addressHash } from '../../core/profiles/address-record.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { channelsFor, chooseChannel } from '../../core/sending/choose-channel.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import { addDays } from '../../core/time/local.ts';
import type { Clock } from '../ports.ts';
import { audienceEvaluator, type EvaluatorDeps } from '../profiles/audience-evaluator.ts';
import type { CurrentProfile, ProfileStore } from '../profiles/ports.ts';

export interface MemberDeps extends Omit<EvaluatorDeps, 'profiles'> {
  profiles: EvaluatorDeps['profiles'] & Pick<ProfileStore, 'home' | 'addressRecords'>;
  clock: Clock;
}

/** The same for all profiles of an audience. A plan makes lines of an occurrence that does not exist. */
export interface AudienceContext {
  occurrence: Pick<Occurrence, 'campaign' | 'at' | 'date' | 'audience'>;
  campaign: Campaign;
  snapshot: Snapshot;
  templates: ReadonlyMap<string, TemplateDefinition>;
  /** When the version was published: a customer whose time had passed by then is late. */
  armedAt: EpochMs;
}

/** A person of the audience. */
export interface AudienceMember {
  line: AudienceLine;
  home: CurrentProfile & { profile: Profile };
  /** Its local time had passed at `publish`, whatever becomes of it then. */
  isLate: boolean;
}

/** A profile of the audience after its conditions were evaluated. */
interface EvaluatedProfile extends Pick<AudienceMember, 'home'> {
  isExcluded: boolean;
  /** The index of the variant whose condition is fulfilled; -1: of none. */
  matchingVariant: number;
}

const CONCURRENCY = 16;

/** Evaluates profiles, and leaves out those that do not belong to the audience now. The records of all their addresses are read together: a hundred cost one call. */
export function memberEvaluator(
  deps: MemberDeps,
  context: AudienceContext,
): (keys: readonly ProfileKey[]) => Promise<AudienceMember[]> {
  const evaluate = profileEvaluator(deps, context);
  return async (keys) => {
    const evaluated = (await mapWithConcurrency(CONCURRENCY, keys, evaluate)).flatMap((one) => one ?? []);
    const { channels = CHANNELS } = context.campaign;
    const addresses = evaluated
      .filter(({ isExcluded }) => !isExcluded)
      .flatMap(({ home }) => addressesOf(home.profile.addresses))
      .filter(({ channel }) => channels.includes(channel));
    const records = addresses.length === 0 ? new Map() : await deps.profiles.addressRecords(addresses);
    return evaluated.map((one) => memberOf(context, one, records));
  };
}

function profileEvaluator(
  deps: MemberDeps,
  context: AudienceContext,
): (key: ProfileKey) => Promise<EvaluatedProfile | undefined> {
  const { campaign, occurrence, snapshot } = context;
  const asked = conditionsOf(occurrence.audience ?? campaign.audience, campaign);
  const evaluateConditions = audienceEvaluator(
    deps,
    asked.map(({ condition }) => condition),
    snapshot,
    deps.clock(),
  );
  return async (key) => {
    const home = await deps.profiles.home(key);
    const verdicts = await evaluateConditions(home.key, home);
    const isTrue = (of: string) => asked.every((one, index) => one.of !== of || verdicts[index]);
    if (home.profile === undefined || !isTrue('audience')) return undefined;
    const isExcluded = asked.some(({ of }) => of === 'exclude') && isTrue('exclude');
    const matchingVariant = (campaign.variants ?? []).findIndex(
      (one, index) => one.if !== undefined && isTrue(`variant-${index}`),
    );
    return { home: { ...home, profile: home.profile }, isExcluded, matchingVariant };
  };
}

/** The conditions that are asked of each profile. A list's members fulfil it by being listed, those of a trigger by being named. */
function conditionsOf(
  audience: NonNullable<Occurrence['audience']>,
  { exclude, variants = [] }: Campaign,
): { of: string; condition: Condition }[] {
  return [
    ...('list' in audience || 'profiles' in audience ? [] : [{ of: 'audience', condition: audience }]),
    ...(exclude === undefined ? [] : [{ of: 'exclude', condition: exclude }]),
    ...variants.flatMap((variant, index) =>
      variant.if === undefined ? [] : [{ of: `variant-${index}`, condition: variant.if }],
    ),
  ];
}

function memberOf(
  context: AudienceContext,
  { home, isExcluded, matchingVariant }: EvaluatedProfile,
  records: AddressRecords,
): AudienceMember {
  const { occurrence, campaign } = context;
  const { key, profile } = home;
  const line = { p: key, r: pilotRank(occurrence.campaign, key), n: firstSeenSeconds(profile) };
  if (isExcluded) return { line: { ...line, g: 'excluded' }, home, isLate: false };
  const variant = matchingVariant >= 0 ? matchingVariant : drawVariant(occurrence.campaign, key, campaign);
  const a = addressesFor(context, { home, records }, variant);
  const isControl = isHeldOut(occurrence.campaign, { profile: key }, campaign.holdout ?? 0);
  const { isLate, ...time } = timeOf(context, profile);
  return {
    line: {
      ...line,
      ...(isControl ? { g: 'holdout' as const } : {}),
      ...(a.length === 0 ? {} : { a }),
      ...(variant === undefined ? {} : { v: variant }),
      ...time,
    },
    home,
    isLate,
  };
}

/** The index of the variant by weight, among those without a condition. */
function drawVariant(campaign: string, key: ProfileKey, { variants = [] }: Campaign): number | undefined {
  const shared = variants.filter((variant) => variant.if === undefined);
  const chosen = variantOf(campaign, key, shared);
  return chosen === undefined ? undefined : variants.indexOf(chosen);
}

/** Its address on each channel that it could be sent by now. Where a profile has several on one, or none is needed, the profile itself stands for it. */
function addressesFor(
  { campaign, snapshot, templates }: AudienceContext,
  { home: { key, profile, consents }, records }: Pick<AudienceMember, 'home'> & { records: AddressRecords },
  variant: number | undefined,
): [Channel, string][] {
  const template = templates.get(templateOf(campaign, campaign.variants?.[variant ?? -1]?.name) ?? '');
  if (template === undefined) return [];
  const { settings } = snapshot;
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

/** Returns when the profile got its oldest trait, in seconds. */
const firstSeenSeconds = ({ traits }: Profile): number =>
  Math.floor(Math.min(Number.MAX_SAFE_INTEGER, ...Object.values(traits).map(({ ts }) => ts)) / 1000);

/** Customers may each get it at their own time. Returns when this one does, and what becomes of it if that time had passed at `publish`. */
function timeOf(
  { occurrence, campaign, snapshot, armedAt }: AudienceContext,
  profile: Profile,
): Pick<AudienceLine, 'at' | 'late'> & { isLate: boolean } {
  const { date } = occurrence;
  const inTime = { isLate: false };
  if (date === undefined || typeof campaign.at === 'string') return inTime;
  const times: OccurrenceTimes = campaign.at;
  const zone = profile.timezone ?? snapshot.settings.timezone;
  const at = instantInZone(times, date, zone);
  if (at >= armedAt) return at <= occurrence.at ? inTime : { ...inTime, at };
  const next = addDays(date, 1);
  if (campaign.late === 'next') return { isLate: true, at: instantInZone(atDate(times, next), next, zone) };
  return { isLate: true, ...(campaign.late === 'now' ? {} : { late: true as const }) };
}

const atDate = (times: OccurrenceTimes, date: string): OccurrenceTimes =>
  'every' in times ? times : { ...times, time: `${date}T${times.time.slice(-5)}` };
