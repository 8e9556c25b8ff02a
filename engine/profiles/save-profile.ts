import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { notKeptEvent } from '../../core/metrics/profile-events.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { consentEntriesOf, droppedConsentKeys, foldConsents, ledgerEntriesOf } from '../../core/profiles/consent.ts';
import type { Consents, Profile } from '../../core/profiles/profile.ts';
import { foldTraits, warned } from '../../core/profiles/traits.ts';
import { type Warning, warningOf } from '../../core/profiles/warnings.ts';
import type { ProfileDeps } from './deps.ts';
import type { ProfileItems } from './ports.ts';
import { crowdedOut, unusableKeys } from './unusable-keys.ts';

/** Events of a message that no commit of the profile holds yet, with the profile as it was read. */
export interface FreshEvents {
  key: ProfileKey;
  message: EventsMessage;
  read: ProfileItems;
  /** That of `read`, or an empty one. */
  activity: Activity;
  /** In order. */
  fresh: CairnEvent[];
}

/** Step 5: traits, addresses, timezone, and what of these events cannot be kept. Written only where something is newer. */
export async function saveProfile(
  deps: ProfileDeps,
  { key, message, read: { profile: before, consents }, openRuns, fresh }: FreshEvents & Pick<Activity, 'openRuns'>,
  snapshot: Snapshot,
): Promise<Profile | undefined | 'refused'> {
  if (before?.mergedInto !== undefined) return 'refused';
  const folded = foldTraits(before, message.identity, fresh, snapshot.settings);
  const next =
    folded &&
    warned(folded, [
      ...unusableKeys(snapshot, fresh),
      ...crowdedOut(snapshot, openRuns, fresh),
      ...forgottenConsents(consents, fresh),
    ]);
  if (next === undefined || next === before) return before;
  const written = { ...next, pv: (before?.pv ?? 0) + 1 };
  if (!(await deps.profiles.updateProfile(key, before, written))) return 'refused';
  const known = new Set(before?.warnings);
  await deps.metricEvents.publish(
    (next.warnings ?? []).filter((one) => !known.has(one)).map((one) => notKeptEvent(key, one)),
  );
  return written;
}

function forgottenConsents(consents: Consents, fresh: CairnEvent[]): Warning[] {
  const entries = fresh.flatMap((event) => consentEntriesOf(event));
  const at = Math.max(0, ...entries.map(({ entry }) => entry.at));
  return droppedConsentKeys(consents, entries).map((about) => warningOf('consent-not-kept', about, { at }));
}

export async function saveConsents(
  deps: ProfileDeps,
  key: ProfileKey,
  read: ProfileItems,
  fresh: CairnEvent[],
): Promise<void> {
  const entries = ledgerEntriesOf(
    read.consents,
    fresh.flatMap((event) => consentEntriesOf(event)),
  );
  if (entries.length === 0 || foldConsents(read.consents, entries) === read.consents) return;
  await deps.profiles.addConsents(key, entries, (now) => foldConsents(now, entries));
}
