import { consentsOf } from '../../adapters/dynamo/profile-items.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { addressesOf, addressId } from '../../core/profiles/address-record.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { SimulationState } from './simulation-state.ts';
import { TABLES } from './tables.ts';

/** A marketing message as its customer may have forbidden it. */
interface Forbidden {
  key: ProfileKey;
  profile: Profile | undefined;
  channel: Channel;
  topic: string | undefined;
}

/**
 * Why the customer gets no marketing by this channel on this topic, as it is committed now; undefined: they have agreed. Read from the tables' items, by
 * the words of `docs/sending.md` and not by the gate.
 */
export async function forbiddenBy(
  { tables }: Pick<SimulationState, 'tables'>,
  { key, profile, channel, topic }: Forbidden,
): Promise<string | undefined> {
  const items = await tables.all(TABLES.profiles);
  const consent = items.find(({ pk, sk }) => pk === key && sk === 'CONSENT');
  const consents = consent === undefined ? {} : consentsOf(consent);
  const [general, special] = [consents[channel]?.granted, consents[`${channel}:${topic}`]?.granted];
  if (general === false) return `said no to ${channel}`;
  if ((special ?? general) !== true) return `has not agreed to ${topic} by ${channel}`;
  const [address] = addressesOf(profile?.addresses ?? {}, channel);
  // A customer has several tokens, of which some may be bad.
  if (address === undefined || channel === 'push') return undefined;
  const record = items.find(({ pk, channel: of }) => of === channel && pk === `ADDRESS#${addressId(address)}`);
  if (record?.granted === false) return 'said STOP';
  return record?.status === undefined ? undefined : `has a ${record.status} address`;
}
