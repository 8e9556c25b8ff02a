import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { ExportSpec } from '../../core/jobs/export-spec.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { addressesOf } from '../../core/profiles/address-record.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { evaluateTags } from '../profiles/evaluate-tags.ts';
import { shownProfile } from '../profiles/shown-profile.ts';
import { type CustomerDeps, orUnread, READERS, type ReadLines, type Visit } from './customer-lines.ts';

/** One line a customer, as they are now; none of a profile that was merged away. The records of all addresses are read together. */
export const profileLines: ReadLines = async (deps, spec, visits) => {
  const read = await mapWithConcurrency(READERS, visits, (visit) => orUnread(deps, visit, readProfile(deps, visit)));
  const addresses = read.flatMap((one) => (one?.profile === undefined ? [] : addressesOf(one.profile.addresses)));
  const records = addresses.length === 0 ? new Map() : await deps.profiles.addressRecords(addresses);
  const now = deps.clock();
  return read.map((one) => {
    if (one === undefined) return undefined;
    const { key, profile, consents, activity, snapshot } = one;
    if (profile === undefined) return { lines: [] };
    const line = () => {
      const lastSeen = activity?.lastAt;
      if (!isWithin(spec, lastSeen) || !isMember(spec, { profile, activity, snapshot }, now)) return undefined;
      const shown = shownProfile({ profile, consents, activity }, { snapshot, records, now });
      const { mergedFrom } = activity ?? {};
      return { ...profile.identity, key, ...shown, firstSeen: firstSeen(profile), lastSeen, mergedFrom };
    };
    return { lines: [line] };
  });
};

async function readProfile(deps: CustomerDeps, { key }: Visit) {
  const { activity: read, profile, consents } = await deps.profiles.query(key);
  const { activity, snapshot } = await caughtUpNow(deps, { key, profile, activity: read });
  const isGone = read?.mergedInto !== undefined || profile?.mergedInto !== undefined;
  return { key, profile: isGone ? undefined : profile, consents, activity, snapshot };
}

const isWithin = ({ from, to }: Pick<ExportSpec, 'from' | 'to'>, lastSeen = 0): boolean =>
  lastSeen >= from && lastSeen < to;

/** Lists have no rule: whoever they list is a member. */
function isMember(
  { scope }: Pick<ExportSpec, 'scope'>,
  { profile, activity, snapshot }: { profile: Profile; activity: Activity | undefined; snapshot: Snapshot },
  now: number,
): boolean {
  if (scope === undefined || scope.kind === 'list') return true;
  if (activity === undefined) return false;
  const { tags } = evaluateTags(profile, activity, snapshot, now);
  return Object.hasOwn(tags, scope.kind === 'segment' ? `segment:${scope.id}` : scope.id);
}

/** When the oldest trait was set. */
const firstSeen = ({ traits }: Profile): number | undefined => {
  const instants = Object.values(traits).map(({ ts }) => ts);
  return instants.length === 0 ? undefined : Math.min(...instants);
};
