import { referencesOf } from '../../core/conditions/references.ts';
import type { JourneyCondition } from '../../core/conditions/schema.ts';
import { type CairnEvent, inOrder } from '../../core/events/event.ts';
import { TIMELINE_MS } from '../../core/events/timeline.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import type { Run } from '../../core/runs/run.ts';
import type { CurrentProfile, ProfileStore, Window } from '../profiles/ports.ts';
import { CONFLICT, retryOnConflict } from '../retry-on-conflict.ts';

export type TimelineProfiles = Pick<ProfileStore, 'home' | 'history' | 'olderIds' | 'readActivity'>;

/** What of the timeline conditions ask for. */
export function windowOf(conditions: readonly JourneyCondition[], now: EpochMs): Window {
  const names = new Set(conditions.flatMap((condition) => referencesOf(condition).events));
  return { from: now - TIMELINE_MS, names };
}

/** What of the timeline may resolve the stop that a run rests at. */
export const stopWindow = (journey: Journey, run: Pick<Run, 'at'>): Window => ({
  from: run.at,
  names: new Set(subscribedEventsOf(journey).resolve),
});

/**
 * Who a run's profile is now, and its events in this window. While a merge is under way some lie under the profile that is merged still: it is
 * read first, for a sweep puts an event where it goes before it takes it away.
 */
export async function timelineOf(
  profiles: TimelineProfiles,
  profile: ProfileKey,
  window: Window,
): Promise<{ home: CurrentProfile; events: CairnEvent[] }> {
  return retryOnConflict(
    async () => {
      const home = await profiles.home(profile);
      const found = new Map<string, CairnEvent>();
      for (const key of [...home.unswept, home.key])
        for (const event of (await profiles.history(key, window)).events) found.set(event.id, event);
      // Fenced meanwhile: a sweep may have passed what was to be read.
      if ((await profiles.readActivity(home.key))?.mergedInto === undefined)
        return { home, events: [...found.values()].sort(inOrder) };
      return CONFLICT;
    },
    () => new Error(`${profile} was merged too often`),
  );
}
