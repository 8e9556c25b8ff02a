import type { Address, AddressStatus } from '../channels/address.ts';
import { addressesOn, type Channel, ChannelSchema, kindOf, type Target } from '../channels/registry.ts';
import type { Settings } from '../definitions/settings.ts';
import type { EpochMs } from '../ids.ts';
import type { SendRequest } from '../messages/send-request.ts';
import { isTestSource } from '../messages/source.ts';
import { type AddressRecords, addressId, boundConsents } from '../profiles/address-record.ts';
import { hasRefused, mayMarket } from '../profiles/consent.ts';
import type { Consents, Profile } from '../profiles/profile.ts';
import { isTestAccount } from '../profiles/test-account.ts';
import { channelsOf, type TemplateOutline } from '../templates/channels.ts';

/** Why a channel cannot be used for a customer; the API returns the same words. */
export type ChannelReason = 'no-address' | 'bad-address' | 'suppressed-address' | 'no-consent' | 'fatigued';

/**
 * Returns the first channel with a usable address, consent, no fatigue and a provider that works; else the first that only waits for its provider; else
 * why the last one could not be used.
 */
export function chooseChannel(input: {
  request: Pick<SendRequest, 'channels' | 'passed' | 'source'>;
  template: TemplateOutline;
  profile: Profile | undefined;
  consents: Consents;
  /** Records of the addresses themselves, as far as they were read. */
  records: AddressRecords;
  /** Channels that the customer is tired of, by `settings.fatigue`. */
  fatigued: ReadonlySet<Channel>;
  /** Channels whose provider is left alone, each until an instant. */
  broken: ReadonlyMap<Channel, EpochMs>;
  settings: Settings;
}): { target: Target } | { target: Target; brokenUntil: EpochMs } | { reason: string; channel?: Channel } {
  const { request, template, profile, records } = input;
  const consents = boundConsents(input.consents, profile?.addresses, records);
  const gone = new Map((request.passed ?? []).map(({ channel, reason }) => [channel, reason]));
  let last: { reason: string; channel?: Channel } = { reason: 'no-address' };
  let waiting: { target: Target; brokenUntil: EpochMs } | undefined;
  for (const channel of channelsFor(input)) {
    const given = gone.get(channel);
    if (given !== undefined) {
      last = { reason: given, channel };
      continue;
    }
    const target = targetOf(input, channel);
    if (typeof target === 'string') last = { reason: target, channel };
    else {
      const reason = template.class === 'marketing' ? marketingRefusal(input, consents, channel) : undefined;
      const brokenUntil = input.broken.get(channel);
      if (reason !== undefined) last = { reason, channel };
      else if (brokenUntil === undefined) return { target };
      else waiting ??= { target, brokenUntil };
    }
  }
  return waiting ?? last;
}

/** Why a customer is not to get marketing on a channel that has an address. A test is not marketing. */
function marketingRefusal(
  input: Parameters<typeof chooseChannel>[0],
  consents: Consents,
  channel: Channel,
): ChannelReason | undefined {
  if (!isAllowed(input, consents, channel)) return 'no-consent';
  return input.fatigued.has(channel) && !isTestSource(input.request.source) ? 'fatigued' : undefined;
}

/** A test account has agreed to tests by being one, until it says no. The trait may be gone by the time of a resend. */
function isAllowed(
  { request, template, profile }: Parameters<typeof chooseChannel>[0],
  consents: Consents,
  channel: Channel,
): boolean {
  if (isTestSource(request.source) && isTestAccount(profile)) return !hasRefused(consents, channel, template.topic);
  return mayMarket(consents, channel, template.topic);
}

/** Returns the node's list, else the customer's preference, else the settings' list, without channels for which the template has no content. */
export function channelsFor({
  request,
  template,
  profile,
  settings,
}: Pick<Parameters<typeof chooseChannel>[0], 'template' | 'profile' | 'settings'> & {
  request: Pick<SendRequest, 'channels'>;
}): Channel[] {
  const defaults = settings.channels;
  const preferred = ChannelSchema.safeParse(profile?.traits.preferredChannel?.value);
  const wanted =
    request.channels ??
    (preferred.success ? [preferred.data, ...defaults.filter((one) => one !== preferred.data)] : defaults);
  const spoken = channelsOf(template);
  const usable = wanted.filter((channel) => spoken.includes(channel));
  return usable.length > 0 || request.channels !== undefined ? usable : spoken;
}

const REASONS: Record<Exclude<AddressStatus, 'ok'>, ChannelReason> = {
  bad: 'bad-address',
  suppressed: 'suppressed-address',
};

/** All usable addresses that the channel has for the customer; else why the newest is not. */
function targetOf(
  { profile, records, settings }: Parameters<typeof chooseChannel>[0],
  channel: Channel,
): Target | ChannelReason {
  const { address } = kindOf(channel);
  const known = addressesOn(profile?.addresses ?? {}, channel).map((one) => ({
    ...one,
    status: statusOf(one, channel, records),
  }));
  const usable = known.filter(({ status }) => status === 'ok');
  if (usable.length === 0 && address.shape !== 'none') {
    const newest = known[0]?.status;
    return newest === undefined || newest === 'ok' ? 'no-address' : REASONS[newest];
  }
  const target = address.target(usable, settings);
  return target === undefined ? 'no-address' : ({ channel, ...target } as Target); // of the channel's own kind
}

/** The record of an address takes precedence over its form, which is all that the profile knows. */
export const statusOf = ({ value, status }: Address, channel: Channel, records: AddressRecords): AddressStatus =>
  records.get(addressId({ channel, value }))?.status ?? status;
