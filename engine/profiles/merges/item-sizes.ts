import { compressedBytes } from '../../../core/compression.ts';
import type { ProfileKey } from '../../../core/ids.ts';
import { type Activity, emptyActivity } from '../../../core/profiles/activity.ts';
import { mergeConsents } from '../../../core/profiles/consent.ts';
import { type CountedSends, readStoredSends, storedSends } from '../../../core/profiles/counted-sends.ts';
import type { Consents, Profile } from '../../../core/profiles/profile.ts';
import { mergeProfiles } from '../../../core/profiles/traits.ts';
import type { ProfileDeps } from '../deps.ts';
import { noteDropped } from '../dropped.ts';
import type { ProfileItems } from '../ports.ts';

/**
 * A merge whose items would be larger is refused. This leaves room within DynamoDB's 400 KB for events that arrive between the check and the merge.
 */
export const MAX_MERGED_BYTES = 300 * 1024;
/** Most bytes of the final item. */
const MAX_ITEM_BYTES = 380 * 1024;
const HASH_BYTES = 6;

/** Returns the bytes of each item if these two profiles were one. */
export function mergedSizes(
  from: ProfileItems,
  into: ProfileItems,
): Record<'#ACTIVITY' | '#PROFILE' | 'CONSENT' | '#SENDS', number> {
  const [here, there] = [from.activity ?? emptyActivity(), into.activity ?? emptyActivity()];
  const sends = (read: ProfileItems) => (read.sends?.body === undefined ? {} : readStoredSends(read.sends.body));
  const activity: Partial<Activity> = {
    ...there,
    ids: [],
    tags: { ...here.tags, ...there.tags },
    openRuns: { ...here.openRuns, ...there.openRuns },
    pending: [...here.pending, ...there.pending],
    mergedFrom: [...here.mergedFrom, ...there.mergedFrom],
  };
  return {
    '#ACTIVITY': compressedBytes(activity) + (here.ids.length + there.ids.length) * HASH_BYTES,
    '#PROFILE': from.profile === undefined ? 0 : compressedBytes(mergeProfiles(from.profile, into.profile)),
    CONSENT: compressedBytes(mergeConsents(into.consents, from.consents)),
    '#SENDS': storedSends({ ...sends(from), ...sends(into) }).length,
  };
}

/** Drops the oldest traits if the item would be too large: both profiles may have grown since the merge was decided. */
export async function fittedProfile(
  deps: Pick<ProfileDeps, 'metricEvents' | 'clock' | 'log'>,
  { from, into }: { from: ProfileKey; into: ProfileKey },
  profile: Profile,
): Promise<Profile> {
  const traits = oldestFirst(profile.traits, ({ ts }) => ts);
  const fitted = withoutOldest(traits, (left) => ({ ...profile, traits: left }));
  const dropped = traits.length - Object.keys(fitted.traits).length;
  if (dropped > 0)
    await noteDropped(
      deps,
      { kind: 'trait', home: into },
      [from, into],
      `${dropped} traits are more than an item holds`,
    );
  return fitted;
}

/** Drops refusals only after all grants. */
export const fittedConsents = (consents: Consents): Consents =>
  withoutOldest(
    oldestFirst(consents, ({ granted, at }) => (granted ? at : Number.MAX_SAFE_INTEGER)),
    (left) => left,
  );

export const fittedSends = (sends: CountedSends): CountedSends =>
  withoutOldest(
    oldestFirst(sends, ({ at }) => at),
    (left) => left,
    (left) => storedSends(left).length,
  );

const oldestFirst = <Value>(all: Record<string, Value>, at: (value: Value) => number): [string, Value][] =>
  Object.entries(all).sort(([, a], [, b]) => at(a) - at(b));

/** Drops as many of the oldest entries as necessary, a share at a time, because compression is expensive. */
function withoutOldest<Value, Whole>(
  entries: [string, Value][],
  whole: (left: Record<string, Value>) => Whole,
  bytesOf: (whole: Whole) => number = compressedBytes,
): Whole {
  let left = entries;
  let fitted = whole(Object.fromEntries(left));
  while (left.length > 0 && bytesOf(fitted) > MAX_ITEM_BYTES) {
    left = left.slice(Math.ceil(left.length / 20));
    fitted = whole(Object.fromEntries(left));
  }
  return fitted;
}
