import type { LiveJourney, Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Activity, NewRun, OpenRun } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { ProfileDeps } from './deps.ts';
import type { TagChanges } from './tag-change-causes.ts';

export interface EntryCandidate {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  /** Events of this commit, in order. */
  fresh: CairnEvent[];
  snapshot: Snapshot;
  pointer: Pointer;
  /** Tags and features after this commit's events. */
  evaluated: Pick<Activity, 'tags' | 'features'>;
  /** Runs that are listed as open, those of this commit among them. */
  open: Record<string, OpenRun | NewRun>;
  /** Ends of runs that were found just now, and are not in the timeline yet. */
  ends?: readonly CairnEvent[];
  live: LiveJourney;
  event: CairnEvent;
  /** Returns the tag changes of the commit that this entry event caused; absent: no tag changes. */
  turns?: (entry: CairnEvent) => TagChanges;
  now: EpochMs;
}

export type EntryDeps = Pick<ProfileDeps, 'profiles' | 'runs' | 'catalog'>;
