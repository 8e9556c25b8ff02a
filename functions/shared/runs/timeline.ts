import { type CairnEvent, inOrder } from '../../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import type { Home } from '../adapters/profile-reads.dynamo.ts';
import type { ProfileStore } from '../adapters/profiles.dynamo.ts';

export type TimelineProfiles = Pick<ProfileStore, 'home' | 'history' | 'readActivity'>;

const MOST_ATTEMPTS = 10;

/**
 * Who a run's profile is now, and its events since `from`. While a merge is under way some lie under the profile that is merged still: it is
 * read first, for a sweep puts an event where it goes before it takes it away.
 */
export async function timelineOf(
  profiles: TimelineProfiles,
  profile: ProfileKey,
  from: EpochMs,
): Promise<{ home: Home; events: CairnEvent[] }> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const home = await profiles.home(profile);
    const found = new Map<string, CairnEvent>();
    for (const key of [...home.unswept, home.key])
      for (const event of (await profiles.history(key, from)).events) found.set(event.id, event);
    // Fenced meanwhile: a sweep may have passed what was to be read.
    if ((await profiles.readActivity(home.key))?.mergedInto === undefined)
      return { home, events: [...found.values()].sort(inOrder) };
  }
  throw new Error(`${profile} was merged too often`);
}
