import { type Channel, ChannelSchema } from '../channels.ts';
import type { SendRequest } from '../messages/send-request.ts';
import { type AddressRecords, addressId, boundConsents, deliverableEmail } from '../profiles/address-record.ts';
import { mayMarket } from '../profiles/consent.ts';
import type { Address, Addresses, AddressStatus, Consents, Profile, PushAddress } from '../profiles/profile.ts';
import { channelsOf } from '../templates/channels.ts';
import type { TemplateDefinition } from '../templates/schema.ts';

/** Why a channel cannot be used for a customer; the API returns the same words. */
export type ChannelReason = 'no-address' | 'bad-address' | 'suppressed-address' | 'no-consent';

/** Recipient of a message: one address, or all usable push tokens. */
export type Target =
  | { channel: 'email' | 'sms'; address: string }
  | { channel: 'push'; tokens: { value: string; platform: string }[] };

/** Returns the first channel with a usable address and consent, else why the last one could not be used. */
export function chooseChannel(input: {
  request: Pick<SendRequest, 'channels' | 'passed'>;
  template: TemplateDefinition;
  profile: Profile | undefined;
  consents: Consents;
  /** Records of the addresses themselves, as far as they were read. */
  records: AddressRecords;
  /** The settings' own list. */
  defaults: readonly Channel[];
}): { target: Target } | { reason: string; channel?: Channel } {
  const { request, template, profile, records } = input;
  const consents = boundConsents(input.consents, profile?.addresses, records);
  const gone = new Map((request.passed ?? []).map(({ channel, reason }) => [channel, reason]));
  let last: { reason: string; channel?: Channel } = { reason: 'no-address' };
  for (const channel of channelsFor(input)) {
    const given = gone.get(channel);
    if (given !== undefined) {
      last = { reason: given, channel };
      continue;
    }
    const target = targetOf(profile?.addresses ?? {}, channel, records);
    if (typeof target === 'string') last = { reason: target, channel };
    else if (template.class === 'marketing' && !mayMarket(consents, channel, template.topic))
      last = { reason: 'no-consent', channel };
    else return { target };
  }
  return last;
}

/** Returns the node's list, else the customer's preference, else the settings' list, without channels for which the template has no content. */
function channelsFor({ request, template, profile, defaults }: Parameters<typeof chooseChannel>[0]): Channel[] {
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

function targetOf(addresses: Addresses, channel: Channel, records: AddressRecords): Target | ChannelReason {
  if (channel === 'push') return tokensOf(addresses.push ?? [], records);
  const address = addresses[channel];
  if (address === undefined) return 'no-address';
  const status = statusOf(address, channel, records);
  if (status !== 'ok') return REASONS[status];
  return { channel, address: channel === 'email' ? deliverableEmail(address.value) : address.value };
}

function tokensOf(tokens: readonly PushAddress[], records: AddressRecords): Target | ChannelReason {
  const known = tokens.map((token) => ({ ...token, status: statusOf(token, 'push', records) }));
  const usable = known.filter((token) => token.status === 'ok');
  if (usable.length > 0) return { channel: 'push', tokens: usable.map(({ value, platform }) => ({ value, platform })) };
  const newest = known[0]?.status;
  return newest === undefined || newest === 'ok' ? 'no-address' : REASONS[newest];
}

/** The record of an address takes precedence over its form, which is all that the profile knows. */
export const statusOf = ({ value, status }: Address, channel: Channel, records: AddressRecords): AddressStatus =>
  records.get(addressId({ channel, value }))?.status ?? status;
