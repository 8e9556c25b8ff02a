import type { Channel } from '../../core/channels.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { type AddressRecord, addressesOf } from '../../core/profiles/address-record.ts';
import type { PushAddress } from '../../core/profiles/profile.ts';
import { type GateInput, gate, type Verdict } from '../../core/sending/gate.ts';
import type { CurrentProfile, ProfileStore } from '../profiles/ports.ts';

interface GateDeps {
  /** Who only asks, as a run that plans its next message, takes nothing away. */
  profiles: Pick<ProfileStore, 'home' | 'addressRecords'> & Partial<Pick<ProfileStore, 'dropToken'>>;
}

/**
 * The gate with what is kept of the addresses themselves: read for the channel that it chooses, and for the next where it then passes that one
 * over. As a rule one read a message.
 */
export async function gateByAddress(
  deps: GateDeps,
  input: Omit<GateInput, 'profile' | 'consents' | 'records'> & { home: CurrentProfile },
): Promise<Verdict> {
  const { home, ...rest } = input;
  const records = new Map<string, AddressRecord>();
  const asked = new Set<Channel>();
  let { profile } = home;
  for (;;) {
    const verdict = gate({ ...rest, profile, consents: home.consents, records });
    const channel = channelOf(verdict);
    if (channel === undefined || asked.has(channel)) return verdict;
    asked.add(channel);
    const found = await deps.profiles.addressRecords(addressesOf(profile?.addresses ?? {}, channel));
    for (const [id, record] of found) records.set(id, record);
    const foreign = channel === 'push' ? await foreignTokens(deps, home.key, [...found.values()]) : [];
    if (profile && foreign.length > 0) profile = { ...profile, addresses: without(profile.addresses, foreign) };
  }
}

function channelOf(verdict: Verdict): Channel | undefined {
  if ('refuse' in verdict) return undefined;
  return 'send' in verdict ? verdict.send.channel : verdict.target?.channel;
}

/** Tokens that another profile has registered since: whoever took one may have died before it left this profile. */
async function foreignTokens(deps: GateDeps, key: ProfileKey, records: AddressRecord[]): Promise<string[]> {
  const foreign: string[] = [];
  for (const { owner, value } of records) {
    if (owner === undefined || owner === key || (await deps.profiles.home(owner)).key === key) continue;
    if ((await deps.profiles.dropToken?.(key, value, owner)) !== false) foreign.push(value);
  }
  return foreign;
}

const without = <A extends { push?: PushAddress[] }>(addresses: A, tokens: string[]): A => ({
  ...addresses,
  push: (addresses.push ?? []).filter(({ value }) => !tokens.includes(value)),
});
