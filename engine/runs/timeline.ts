import { referencesOf } from '../../core/conditions/references.ts';
import type { JourneyCondition } from '../../core/conditions/schema.ts';
import { type CairnEvent, compareEvents } from '../../core/events/event.ts';
import { TIMELINE_MS } from '../../core/events/timeline.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { Run } from '../../core/runs/run.ts';
import type { CurrentProfile, ProfileStore, TimelineRange } from '../profiles/ports.ts';

export type TimelineProfiles = Pick<ProfileStore, 'home' | 'history' | 'olderIds' | 'readActivity'>;

/** Returns the part of the timeline that the conditions need. */
export function windowOf(conditions: readonly JourneyCondition[], now: EpochMs): TimelineRange {
  const names = new Set(conditions.flatMap((condition) => referencesOf(condition).events));
  return { from: now - TIMELINE_MS, names };
}

/** Returns the part of the timeline that may resolve the stop where a run rests. */
export const stopWindow = (journey: Journey, run: Pick<Run, 'at'>): TimelineRange => ({
  from: run.at,
  names: new Set(subscribedEventsOf(journey).resolve),
});

/**
 * Returns the present profile of a run, and its events in this window. During a merge some events are still under the merged profile. It is read
 * first, because a merge copies an event to the survivor before it deletes it.
 */
export async function timelineOf(
  profiles: TimelineProfiles,
  profile: ProfileKey,
  window: TimelineRange,
): Promise<{ home: CurrentProfile; events: CairnEvent[] }> {
  return retryOnConflict(
    async () => {
      const home = await profiles.home(profile);
      const found = new Map<string, CairnEvent>();
      for (const key of [...home.unfinishedMerges, home.key])
        for (const event of (await profiles.history(key, window)).events) found.set(event.id, event);
      // If the profile was fenced meanwhile, events may have been moved between the reads.
      if ((await profiles.readActivity(home.key))?.mergedInto === undefined)
        return { home, events: [...found.values()].sort(compareEvents) };
      return CONFLICT;
    },
    () => new Error(`${profile} was merged too often`),
  );
}
