import { type Channel, ChannelSchema } from '../channels.ts';
import type { SendRequest } from '../messages/send-request.ts';
import { mayMarket } from '../profiles/consent.ts';
import type { Addresses, AddressStatus, Consents, Profile } from '../profiles/profile.ts';
import { channelsOf } from '../templates/channels.ts';
import type { TemplateDefinition } from '../templates/schema.ts';

/** Why a channel cannot be used for somebody; the words of the API. */
export type ChannelReason = 'no-address' | 'bad-address' | 'suppressed-address' | 'no-consent';

/** Where a message of a channel goes: one address, or all usable push tokens. */
export type Target =
  | { channel: 'email' | 'sms'; address: string }
  | { channel: 'push'; tokens: { value: string; platform: string }[] };

/** The first channel with a usable address and consent; else why the last one could not be used. */
export function chooseChannel(input: {
  request: Pick<SendRequest, 'channels' | 'passed'>;
  template: TemplateDefinition;
  profile: Profile | undefined;
  consents: Consents;
  /** Settings' own list. */
  defaults: readonly Channel[];
}): { target: Target } | { reason: string; channel?: Channel } {
  const { request, template, profile, consents } = input;
  const gone = new Map((request.passed ?? []).map(({ channel, reason }) => [channel, reason]));
  let last: { reason: string; channel?: Channel } = { reason: 'no-address' };
  for (const channel of channelsFor(input)) {
    const given = gone.get(channel);
    if (given !== undefined) {
      last = { reason: given, channel };
      continue;
    }
    const target = targetOf(profile?.addresses ?? {}, channel);
    if (typeof target === 'string') last = { reason: target, channel };
    else if (template.class === 'marketing' && !mayMarket(consents, channel, template.topic))
      last = { reason: 'no-consent', channel };
    else return { target };
  }
  return last;
}

/** The node's list, else the customer's own choice, else the settings'; those that the template can speak. */
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

function targetOf(addresses: Addresses, channel: Channel): Target | ChannelReason {
  if (channel === 'push') {
    const tokens = (addresses.push ?? []).filter((token) => token.status === 'ok');
    if (tokens.length > 0) return { channel, tokens: tokens.map(({ value, platform }) => ({ value, platform })) };
    const newest = addresses.push?.[0]?.status;
    return newest === undefined || newest === 'ok' ? 'no-address' : REASONS[newest];
  }
  const address = addresses[channel];
  if (address === undefined) return 'no-address';
  return address.status === 'ok' ? { channel, address: address.value } : REASONS[address.status];
}
