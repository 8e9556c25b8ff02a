import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { timeCameEvent } from '../../core/events/internal.ts';
import type { EpochMs } from '../../core/ids.ts';
import { isTimed, nextTimedInstant, timedInstants } from '../../core/journeys/timed-entries.ts';
import { journeyScope } from '../../core/messages/source.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { earliest } from '../../core/time/earliest.ts';
import { traitsAt } from './traits.ts';

interface Timed {
  profile: Profile | undefined;
  activity: Activity;
  snapshot: Snapshot;
}

/** How late a timed entry may still enter. One that was due earlier is skipped. */
const LATE_MS = 24 * 3600_000;

/** Journeys that did not exist at this profile's last evaluation ignore all instants that have passed. */
export function timesCome({ profile, activity, snapshot }: Timed, now: EpochMs): CairnEvent[] {
  const after = Math.max(activity.timesUntil ?? now, now - LATE_MS);
  const known = activity.arrivalsOf ?? 0;
  return timedJourneys(snapshot)
    .filter(({ id }) => (snapshot.arrivals.since[journeyScope(id)] ?? 0) <= known)
    .flatMap(({ id, entry }) =>
      timedInstants(entry, personOf(profile, activity, snapshot, now), after, now).map(({ key, at }) =>
        timeCameEvent(id, key, at),
      ),
    );
}

/** Returns the next instant at which a journey's timed entry applies to this customer. */
export const nextTime = ({ profile, activity, snapshot }: Timed, now: EpochMs): EpochMs | undefined =>
  earliest(
    ...timedJourneys(snapshot).map(
      ({ entry }) => nextTimedInstant(entry, personOf(profile, activity, snapshot, now), now)?.at,
    ),
  );

const timedJourneys = (snapshot: Snapshot) =>
  snapshot.journeys.flatMap(({ id, definition: { entry } }) => (isTimed(entry) ? [{ id, entry }] : []));

const personOf = (profile: Profile | undefined, activity: Activity, snapshot: Snapshot, now: EpochMs) => ({
  timezone: profile?.timezone ?? snapshot.settings.timezone,
  ...traitsAt(profile, activity, snapshot, now),
});
