import { type Addresses, addressesOn, type Channel, type Target, withAddresses } from '../../core/channels/registry.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { isInGlobalHoldout } from '../../core/policies/holdout.ts';
import { type AddressRecord, addressesOf } from '../../core/profiles/address-record.ts';
import { type GateInput, gate, type Verdict } from '../../core/sending/gate.ts';
import type { CurrentProfile, ProfileStore } from '../profiles/ports.ts';
import { type FatigueDeps, fatiguedChannels } from './fatigued-channels.ts';

export interface GateDeps extends FatigueDeps {
  /** A caller that only asks, such as a run that plans its next message, removes no tokens and so needs no `dropToken`. */
  profiles: FatigueDeps['profiles'] &
    Pick<ProfileStore, 'home' | 'addressRecords'> &
    Partial<Pick<ProfileStore, 'dropAddress'>>;
}

const NONE: ReadonlySet<Channel> = new Set();

/**
 * Runs the gate with the records of the addresses. It reads the record for the chosen channel, and for the next channel if the gate then skips the
 * first: usually one read per message.
 */
export async function gateByAddress(
  deps: GateDeps,
  input: Omit<GateInput, 'profile' | 'isHeldOut' | 'consents' | 'records' | 'fatigued'> & { home: CurrentProfile },
): Promise<Verdict> {
  const { home, ...rest } = input;
  const fatigued = rest.template.class === 'marketing' ? await fatiguedChannels(deps, home, rest.snapshot) : NONE;
  const isHeldOut = isInGlobalHoldout(home.key, rest.snapshot.settings.holdout.share);
  const records = new Map<string, AddressRecord>();
  const asked = new Set<Channel>();
  let { profile } = home;
  for (;;) {
    const verdict = gate({ ...rest, profile, isHeldOut, consents: home.consents, records, fatigued });
    const channel = targetOf(verdict)?.channel;
    if (channel === undefined || asked.has(channel)) return verdict;
    asked.add(channel);
    const found = await deps.profiles.addressRecords(addressesOf(profile?.addresses ?? {}, channel));
    for (const [id, record] of found) records.set(id, record);
    const foreign = await foreignAddresses(deps, home.key, [...found.values()]);
    if (profile && foreign.length > 0)
      profile = { ...profile, addresses: without(profile.addresses, channel, foreign) };
  }
}

export const targetOf = (verdict: Verdict): Target | undefined => ('send' in verdict ? verdict.send : verdict.target);

/** Addresses that another profile has registered since: whoever took one may have died before it left this profile. */
async function foreignAddresses(deps: GateDeps, key: ProfileKey, records: AddressRecord[]): Promise<string[]> {
  const foreign: string[] = [];
  for (const { owner, channel, value } of records) {
    if (owner === undefined || owner === key || (await deps.profiles.home(owner)).key === key) continue;
    if ((await deps.profiles.dropAddress?.(key, { channel, value }, owner)) !== false) foreign.push(value);
  }
  return foreign;
}

const without = (addresses: Addresses, channel: Channel, values: string[]): Addresses =>
  withAddresses(
    addresses,
    channel,
    addressesOn(addresses, channel).filter(({ value }) => !values.includes(value)),
  );
