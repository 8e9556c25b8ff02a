import type { CairnEvent } from '../events/event.ts';
import { isTimezone } from '../time/local.ts';
import { withToken } from './addresses.ts';
import type { Profile, PushAddress } from './profile.ts';

const PLATFORMS = ['ios', 'android', 'huawei', 'baidu'] as const;
const DAY_MS = 86_400_000;

/** Fields that a trait or an SDK's context may give about the customer's place. */
export const PLACES = ['timezone', 'locale'] as const;
type Place = (typeof PLACES)[number];

/** RFC 5646 recommends room for 35 characters. */
const MAX_LOCALE_CHARACTERS = 64;

/** Returns the value if it is valid. */
export function placeOf(name: Place, value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const isOfUse = name === 'locale' ? value.length <= MAX_LOCALE_CHARACTERS : isTimezone(value);
  return isOfUse ? value : undefined;
}

/** Adds the device and the place that an SDK's context gives. Traits of the same name take precedence. */
export function foldContext(profile: Profile, event: CairnEvent): Profile {
  let next = profile;
  for (const name of PLACES) {
    const place = placeOf(name, event.context?.[name]);
    const isTold = placeOf(name, next.traits[name]?.value) !== undefined;
    const isLate = event.at < (next.seen?.[name] ?? 0);
    if (place === undefined || place === next[name] || isTold || isLate) continue;
    next = { ...next, [name]: place, seen: { ...next.seen, [name]: event.at } };
  }
  return withDevice(next, tokenOf(event.context?.device, event.at));
}

function withDevice(profile: Profile, token: PushAddress | undefined): Profile {
  if (token === undefined) return profile;
  const known = profile.addresses.push?.find((one) => one.value === token.value);
  // Seen again within a day: not worth a write.
  if (known !== undefined && token.at - known.at < DAY_MS) return profile;
  return { ...profile, addresses: { ...profile.addresses, push: withToken(profile.addresses.push, token) } };
}

function tokenOf(device: unknown, at: number): PushAddress | undefined {
  if (typeof device !== 'object' || device === null) return undefined;
  const { type, token } = device as { type?: unknown; token?: unknown }; // any object may have them
  const platform = PLATFORMS.find((one) => one === (typeof type === 'string' ? type.toLowerCase() : undefined));
  return platform === undefined || typeof token !== 'string' || token === ''
    ? undefined
    : { value: token, platform, status: 'ok', at };
}
