import { CHANNELS, kindOf } from '../channels/registry.ts';
import {
  MAX_GROUPS,
  MAX_GROUPS_BYTES,
  MAX_OPEN_RUNS_BYTES,
  MAX_REMOVED_TRAITS,
  MAX_REMOVED_TRAITS_BYTES,
  MAX_TRAITS,
  MAX_TRAITS_BYTES,
} from '../limits.ts';
import { memoizeByObject } from '../memoize.ts';
import type { OpenRun } from './activity.ts';
import type { Profile, TraitEntry } from './profile.ts';

type Traits = Profile['traits'];

/** Traits that Cairn itself reads: they are stored however full the profile is, unless their value is extremely large. */
const ALWAYS = new Set([
  ...CHANNELS.flatMap((channel) => kindOf(channel).address.trait ?? []),
  ...['country', 'timezone', 'locale', 'birthday', 'createdAt'],
]);
const MAX_ALWAYS_BYTES = 1_024;

/** Entries are never changed: the JSON size of each is computed once. */
const valueBytes = memoizeByObject(({ value }: TraitEntry) => Buffer.byteLength(JSON.stringify(value) ?? ''));

const bytesOf = (name: string, entry: TraitEntry): number => valueBytes(entry) + Buffer.byteLength(name);

/** Whether the profile may have this value: by number and by bytes, where removed traits do not count. A removal always fits. */
export function fitsTrait(traits: Traits, name: string, entry: TraitEntry): boolean {
  const bytes = bytesOf(name, entry);
  if (entry.value === null || (ALWAYS.has(name) && bytes <= MAX_ALWAYS_BYTES)) return true;
  let [count, sum] = [1, bytes];
  for (const [other, held] of Object.entries(traits)) {
    if (other === name || held.value === null) continue;
    count += 1;
    sum += bytesOf(other, held);
  }
  return count <= MAX_TRAITS && sum <= MAX_TRAITS_BYTES;
}

/** Returns the same object unless there are too many removed traits. Then the newest of them stay, so that older values do not return. */
export function withoutOldRemovals(traits: Traits): Traits {
  const removed = Object.entries(traits).filter(([, { value }]) => value === null);
  const bytes = removed.reduce((sum, [name]) => sum + Buffer.byteLength(name), 0);
  if (removed.length <= MAX_REMOVED_TRAITS && bytes <= MAX_REMOVED_TRAITS_BYTES) return traits;
  const next = { ...traits };
  let [count, sum] = [0, 0];
  for (const [name] of removed.sort(([, a], [, b]) => b.ts - a.ts || (a.by < b.by ? 1 : -1))) {
    count += 1;
    sum += Buffer.byteLength(name);
    if (count > MAX_REMOVED_TRAITS || sum > MAX_REMOVED_TRAITS_BYTES) delete next[name];
  }
  return next;
}

export const fitsGroups = (groups: NonNullable<Profile['groups']>): boolean =>
  Object.keys(groups).length <= MAX_GROUPS && Buffer.byteLength(JSON.stringify(groups)) <= MAX_GROUPS_BYTES;

type RunName = Pick<OpenRun, 'journey' | 'key'>;

/** A run is listed under its journey and key, and contains both; the rest is an id, a version and an instant. */
const bytesOfRun = ({ journey, key }: RunName): number => 2 * (journey.length + Buffer.byteLength(key)) + 120;

/** Whether one more run may be listed as open. */
export const fitsRun = (open: readonly RunName[], run: RunName): boolean =>
  open.reduce((sum, one) => sum + bytesOfRun(one), bytesOfRun(run)) <= MAX_OPEN_RUNS_BYTES;
