import { addressReaderOf } from '../channels/address-readers.ts';
import { ADDRESSED_CHANNELS, type AddressedChannel, kindOf } from '../channels/registry.ts';
import { type CairnEvent, rankOf } from '../events/event.ts';
import { mergedAddresses, withAddress } from './addresses.ts';
import { foldContext, REGIONAL_FIELDS, regionalValue } from './context.ts';
import { countryOf } from './country.ts';
import type { Profile, TraitEntry } from './profile.ts';
import { fitsGroups, fitsTrait, withoutOldRemovals } from './size-limits.ts';
import { type Warning, warningOf, withWarnings } from './warnings.ts';

type Identity = Profile['identity'];
interface Defaults {
  country: string;
}

/**
 * Returns the profile after these events, in any order: traits by timestamp, arrival and index, addresses, timezone, locale, groups. Returns the same
 * object if nothing is newer, and undefined if there is neither a profile nor an identity for one.
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
  const by = rankOf(event);
  const entry = (value: unknown): TraitEntry => ({ value, ts: event.at, by });
  if (event.key !== 'cairn' && createdEarlier(next, event))
    next = withTraits(next, { createdAt: entry(new Date(event.at).toISOString()) });
  for (const [name, value] of Object.entries(event.traits ?? {})) {
    if (!isNewer(name, entry(value), traitOf(next, name))) continue;
    next = fitsTrait(next.traits, name, entry(value))
      ? withTrait(next, name, entry(value), settings)
      : warned(next, [warningOf('trait-not-kept', name, event)]);
  }
  next = foldContext(next, event);
  return event.groupId === undefined ? next : withGroup(next, event.groupId, event, entry);
}

/** Adds warnings to the profile; returns the same object if they are known. */
export function warned(profile: Profile, added: readonly Warning[]): Profile {
  const warnings = withWarnings(profile.warnings, added);
  return warnings === profile.warnings || warnings.length === 0 ? profile : { ...profile, warnings };
}

/**
 * Stores the membership of a group and its traits: the newest value of each name wins, as for traits. If only the membership fits, only that is
 * stored.
 */
function withGroup(profile: Profile, id: string, event: CairnEvent, entry: (value: unknown) => TraitEntry): Profile {
  const { groups = {} } = profile;
  const held = Object.hasOwn(groups, id) ? groups[id] : undefined;
  const entries = Object.entries(event.properties ?? {}).map(([name, value]) => [name, entry(value)] as const);
  const next = newerOf(held ?? {}, Object.fromEntries(entries));
  if (next === held) return profile;
  const whole = { ...groups, [id]: next };
  if (fitsGroups(whole)) return { ...profile, groups: whole };
  const bare = { ...groups, [id]: held ?? {} };
  const kept = held === undefined && fitsGroups(bare) ? { ...profile, groups: bare } : profile;
  return warned(kept, [warningOf('group-not-kept', id, event)]);
}

/** Returns the newer entry of each name; the same object if nothing in `from` is newer. */
function newerOf(into: Profile['traits'], from: Profile['traits']): Profile['traits'] {
  const newer = Object.entries(from).filter(([name, entry]) => {
    const held = Object.hasOwn(into, name) ? into[name] : undefined;
    return held === undefined || isLater(entry, held);
  });
  return newer.length === 0 ? into : { ...into, ...Object.fromEntries(newer) };
}

const isLater = (entry: TraitEntry, held: TraitEntry): boolean =>
  entry.ts > held.ts || (entry.ts === held.ts && entry.by > held.by);

const withTraits = (profile: Profile, traits: Profile['traits']): Profile => ({
  ...profile,
  traits: withoutOldRemovals({ ...profile.traits, ...traits }),
});

/** Only own properties: customers' data may name a trait `constructor`. */
const traitOf = ({ traits }: Profile, name: string): TraitEntry | undefined =>
  Object.hasOwn(traits, name) ? traits[name] : undefined;

/** Compares by timestamp, arrival and index. A `createdAt` that a client gave precedes that of the first event, whichever is newer. */
function isNewer(name: string, entry: TraitEntry, held: TraitEntry | undefined): boolean {
  if (held === undefined) return true;
  if (name === 'createdAt') {
    if (isFirstEvent(entry) && isFirstEvent(held)) return entry.ts < held.ts;
    if (isFirstEvent(entry) !== isFirstEvent(held)) return isFirstEvent(held);
  }
  return isLater(entry, held);
}

/** Returns whether `createdAt` comes from the first event, not from a client. */
const isFirstEvent = ({ value, ts }: TraitEntry): boolean => value === new Date(ts).toISOString();

/** `createdAt` is the instant of the first event unless a client sends it. */
function createdEarlier(profile: Profile, event: CairnEvent): boolean {
  if (event.traits?.createdAt !== undefined) return false;
  const first = { value: new Date(event.at).toISOString(), ts: event.at, by: rankOf(event) };
  return isNewer('createdAt', first, profile.traits.createdAt);
}

/** Stores a trait, and what Cairn derives from the known ones. */
function withTrait(profile: Profile, name: string, entry: TraitEntry, settings: Defaults): Profile {
  let next = withTraits(profile, { [name]: entry });
  for (const channel of ADDRESSED_CHANNELS) {
    const { trait, dependsOnTraits } = kindOf(channel).address;
    if (trait === name || dependsOnTraits?.includes(name)) next = withAddressOfTrait(next, channel, settings);
  }
  const field = REGIONAL_FIELDS.find((one) => one === name);
  return field === undefined ? next : withRegional(next, field, entry.value);
}

/** The address as its trait has it now. */
function withAddressOfTrait(profile: Profile, channel: AddressedChannel, settings: Defaults): Profile {
  const { trait = '' } = kindOf(channel).address;
  const entry = traitOf(profile, trait);
  if (entry === undefined) return profile;
  const address = addressReaderOf(channel).fromTrait?.(entry.value, countryOf(profile, settings));
  return { ...profile, addresses: withAddress(profile.addresses, channel, address) };
}

/** An invalid timezone changes nothing; `null` removes the value. */
function withRegional(profile: Profile, name: (typeof REGIONAL_FIELDS)[number], value: unknown): Profile {
  const valid = regionalValue(name, value);
  if (valid !== undefined) return { ...profile, [name]: valid };
  if (value !== null) return profile;
  const { [name]: _removed, ...others } = profile;
  return others;
}

/**
 * Merges X into U by content: the newer entry of each trait wins, with its address, timezone and locale. The survivor keeps its identity. Returns the
 * same object if X adds nothing.
 */
export function mergeProfiles(from: Profile, into: Profile | undefined): Profile {
  const base: Profile = into ?? { identity: from.identity, pv: 0, traits: {}, addresses: {} };
  const newer = Object.entries(from.traits).filter(([name, entry]) => isNewer(name, entry, traitOf(base, name)));
  const won: typeof newer = [];
  const lost: Warning[] = [];
  let traits = base.traits;
  for (const [name, entry] of newer) {
    if (fitsTrait(traits, name, entry)) {
      won.push([name, entry]);
      traits = { ...traits, [name]: entry };
    } else lost.push(warningOf('trait-not-kept', name, { at: entry.ts }));
  }
  traits = withoutOldRemovals(traits);
  const names = new Set(won.map(([name]) => name));
  const hasNoTrait = (name: string): boolean => !Object.hasOwn(traits, name);
  const addresses = mergedAddresses(base.addresses, from.addresses, (channel) => {
    const { trait = '' } = kindOf(channel).address;
    return names.has(trait) || (hasNoTrait(trait) && base.addresses[channel] === undefined);
  });
  const merged: Profile = {
    ...base,
    traits,
    addresses,
    ...(from.groups || base.groups ? { groups: mergedGroups(base.groups ?? {}, from.groups ?? {}, lost) } : {}),
  };
  const warnings = withWarnings(base.warnings, [...(from.warnings ?? []), ...lost]);
  if (warnings.length > 0) merged.warnings = warnings;
  for (const name of REGIONAL_FIELDS) {
    const value = regionalValue(name, traits[name]?.value) ?? base[name] ?? from[name];
    if (value !== undefined) merged[name] = value;
  }
  return into !== undefined && JSON.stringify(merged) === JSON.stringify(into) ? into : merged;
}

function mergedGroups(
  into: NonNullable<Profile['groups']>,
  from: NonNullable<Profile['groups']>,
  lost: Warning[],
): NonNullable<Profile['groups']> {
  let groups = into;
  for (const [id, traits] of Object.entries(from)) {
    const next = { ...groups, [id]: newerOf(Object.hasOwn(into, id) ? (into[id] ?? {}) : {}, traits) };
    if (fitsGroups(next)) groups = next;
    else lost.push(warningOf('group-not-kept', id, { at: Math.max(0, ...Object.values(traits).map(({ ts }) => ts)) }));
  }
  return groups;
}
