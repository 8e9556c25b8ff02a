import type { CairnEvent } from '../events/event.ts';
import { isTimezone } from '../time/local.ts';
import { emailAddress, mergedAddresses, replaced, smsAddress, withToken } from './addresses.ts';
import type { Profile, PushAddress, TraitEntry } from './profile.ts';

type Identity = Profile['identity'];
interface Defaults {
  country: string;
}

/** Distinct traits of one profile; further names are dropped (ingest reports those that it can see). */
const MOST_TRAITS = 255;
const PLATFORMS = ['ios', 'android', 'huawei', 'baidu'] as const;

/**
 * The profile after these events, in any order: traits by (timestamp, message id), addresses, timezone, locale, groups. The very same
 * object where nothing is newer; undefined where there is neither a profile nor an identity to make one of.
 */
export function foldTraits(
  before: Profile | undefined,
  identity: Identity | undefined,
  events: readonly CairnEvent[],
  settings: Defaults,
): Profile | undefined {
  if (before === undefined && identity === undefined) return undefined;
  let profile: Profile = before ?? { identity: identity ?? { kind: 'user', id: '' }, pv: 0, traits: {}, addresses: {} };
  for (const event of events) profile = foldEvent(profile, event, settings);
  return profile;
}

function foldEvent(profile: Profile, event: CairnEvent, settings: Defaults): Profile {
  if (event.name?.startsWith('@')) return profile;
  let next = profile;
  const entry = (value: unknown): TraitEntry => ({ value, ts: event.at, by: event.id });
  if (event.key !== 'cairn' && createdEarlier(next, event))
    next = withTraits(next, { createdAt: entry(new Date(event.at).toISOString()) });
  for (const [name, value] of Object.entries(event.traits ?? {})) {
    if (isNewer(next.traits[name], event) && hasRoom(next, name)) next = withTrait(next, name, entry(value), settings);
  }
  next = foldContext(next, event);
  if (event.groupId !== undefined && next.groups?.[event.groupId] === undefined) {
    next = { ...next, groups: { ...next.groups, [event.groupId]: event.at } };
  }
  return next;
}

const withTraits = (profile: Profile, traits: Profile['traits']): Profile => ({
  ...profile,
  traits: { ...profile.traits, ...traits },
});

const isNewer = (held: TraitEntry | undefined, event: CairnEvent): boolean =>
  held === undefined || event.at > held.ts || (event.at === held.ts && event.id > held.by);

const hasRoom = (profile: Profile, name: string): boolean =>
  Object.hasOwn(profile.traits, name) || Object.keys(profile.traits).length < MOST_TRAITS;

/** `createdAt` is the first event unless somebody says otherwise: then its entry is of `identify`, and is not touched here. */
function createdEarlier(profile: Profile, event: CairnEvent): boolean {
  const held = profile.traits.createdAt;
  if (held === undefined) return event.traits?.createdAt === undefined;
  return held.value === new Date(held.ts).toISOString() && event.at < held.ts && event.traits?.createdAt === undefined;
}

/** A trait, and what Cairn reads out of the known ones. */
function withTrait(profile: Profile, name: string, entry: TraitEntry, settings: Defaults): Profile {
  const next = withTraits(profile, { [name]: entry });
  const { value } = entry;
  const text = typeof value === 'string' && value !== '' ? value : undefined;
  switch (name) {
    case 'email':
      return withAddress(next, 'email', text === undefined ? undefined : emailAddress(text));
    case 'phone':
      return withAddress(
        next,
        'sms',
        text === undefined && typeof value !== 'number'
          ? undefined
          : smsAddress(String(value), countryOf(next, settings)),
      );
    case 'timezone':
      return text !== undefined && isTimezone(text) ? { ...next, timezone: text } : next;
    case 'locale':
      return text === undefined ? next : { ...next, locale: text };
    default:
      return next;
  }
}

function withAddress(profile: Profile, kind: 'email' | 'sms', address: Profile['addresses']['email']): Profile {
  const { [kind]: held, ...others } = profile.addresses;
  return { ...profile, addresses: address === undefined ? others : { ...others, [kind]: replaced(held, address) } };
}

function countryOf(profile: Profile, settings: Defaults): string {
  const own = profile.traits.country?.value;
  return typeof own === 'string' && /^[A-Z]{2}$/.test(own) ? own : settings.country;
}

/** What SDKs know of the device and the place; the traits of the same name go before. */
function foldContext(profile: Profile, event: CairnEvent): Profile {
  const { timezone, locale, device } = event.context ?? {};
  let next = profile;
  const told = (name: string) => next.traits[name] !== undefined && next.traits[name].value !== null;
  if (typeof timezone === 'string' && timezone !== next.timezone && !told('timezone') && isTimezone(timezone))
    next = { ...next, timezone };
  if (typeof locale === 'string' && locale !== '' && locale !== next.locale && !told('locale'))
    next = { ...next, locale };
  const token = tokenOf(device, event.at);
  if (token === undefined) return next;
  const push = withToken(next.addresses.push, token);
  const known = next.addresses.push?.find((one) => one.value === token.value);
  // Seen again within the day: not worth a write.
  if (known !== undefined && token.at - known.at < 86_400_000) return next;
  return { ...next, addresses: { ...next.addresses, push } };
}

function tokenOf(device: unknown, at: number): PushAddress | undefined {
  if (typeof device !== 'object' || device === null) return undefined;
  const { type, token } = device as { type?: unknown; token?: unknown }; // any object may have them
  const platform = PLATFORMS.find((one) => one === (typeof type === 'string' ? type.toLowerCase() : undefined));
  return platform === undefined || typeof token !== 'string' || token === ''
    ? undefined
    : { value: token, platform, status: 'ok', at };
}

/** X folded into U by content: the newer entry of each trait, the survivor's identity. The same object where X adds nothing. */
export function mergeProfiles(from: Profile, into: Profile | undefined): Profile {
  const base: Profile = into ?? { identity: from.identity, pv: 0, traits: {}, addresses: {} };
  const traits = { ...base.traits };
  for (const [name, entry] of Object.entries(from.traits)) {
    const held = traits[name];
    const isFirst = name === 'createdAt' && held !== undefined && entry.ts < held.ts;
    if (
      held === undefined ||
      isFirst ||
      (name !== 'createdAt' && (entry.ts > held.ts || (entry.ts === held.ts && entry.by > held.by)))
    ) {
      traits[name] = entry;
    }
  }
  const merged: Profile = {
    ...base,
    traits,
    addresses: mergedAddresses(into?.addresses, from.addresses),
    ...((base.timezone ?? from.timezone) ? { timezone: base.timezone ?? from.timezone } : {}),
    ...((base.locale ?? from.locale) ? { locale: base.locale ?? from.locale } : {}),
    ...(from.groups || base.groups ? { groups: { ...from.groups, ...base.groups } } : {}),
  };
  return into !== undefined && JSON.stringify(merged) === JSON.stringify(into) ? into : merged;
}
