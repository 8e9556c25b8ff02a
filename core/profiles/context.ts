import { addressesOn, CHANNELS, kindOf, withAddresses } from '../channels/registry.ts';
import type { CairnEvent } from '../events/event.ts';
import { isTimezone } from '../time/local.ts';
import type { Profile } from './profile.ts';

/** Fields that a trait or an SDK's context may give about the customer's region. */
export const REGIONAL_FIELDS = ['timezone', 'locale'] as const;
type RegionalField = (typeof REGIONAL_FIELDS)[number];

/** RFC 5646 recommends room for 35 characters. */
const MAX_LOCALE_CHARACTERS = 64;

/** Returns the value if it is valid. */
export function regionalValue(name: RegionalField, value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const isOfUse = name === 'locale' ? value.length <= MAX_LOCALE_CHARACTERS : isTimezone(value);
  return isOfUse ? value : undefined;
}

/** Adds the device, timezone and locale that an SDK's context gives. Traits of the same name take precedence. */
export function foldContext(profile: Profile, event: CairnEvent): Profile {
  let next = profile;
  for (const name of REGIONAL_FIELDS) {
    const value = regionalValue(name, event.context?.[name]);
    const isSetByTrait = regionalValue(name, next.traits[name]?.value) !== undefined;
    const isLate = event.at < (next.seen?.[name] ?? 0);
    if (value === undefined || value === next[name] || isSetByTrait || isLate) continue;
    next = { ...next, [name]: value, seen: { ...next.seen, [name]: event.at } };
  }
  return withContextAddresses(next, event);
}

/** Addresses that SDKs know: tokens of devices. */
function withContextAddresses(profile: Profile, { context, at }: CairnEvent): Profile {
  let { addresses } = profile;
  for (const channel of CHANNELS) {
    const { fromContext } = kindOf(channel).address;
    if (fromContext === undefined) continue;
    const held = addressesOn(addresses, channel);
    const next = fromContext(held, context, at);
    if (next !== held) addresses = withAddresses(addresses, channel, next);
  }
  return addresses === profile.addresses ? profile : { ...profile, addresses };
}
