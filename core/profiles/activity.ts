import type { Features } from '../conditions/features.ts';
import type { TestTerms } from '../definitions/pins.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EntryId, EpochMs, ProfileKey } from '../ids.ts';

/** `#ACTIVITY`: everything about a profile that one conditional commit moves on. `docs/protocols.md#items`. */
export interface Activity {
  version: number;
  /** Packed features of the events, as the rules need them. */
  features: Features;
  /** The snapshot's feature version for which they are complete; a profile behind it reads its timeline once. */
  featuresOf: number;
  /** `Snapshot.arrivals.version` of its last evaluation; absent: 0. */
  arrivalsOf?: number;
  /** `Snapshot.version` of its last evaluation: no executor evaluates it by an older one. Absent: 0. */
  snapshotOf?: number;
  /** Instant up to which timed entries were evaluated; absent: never. */
  timesUntil?: EpochMs;
  /** Short hashes of the last message ids (128 at least; 192 at most, or all of one large commit), in commit order. */
  ids: string[];
  /** Timestamp of the latest event committed: an entry after it needs no search of the timeline for its exits. */
  lastAt?: EpochMs;
  /** When hashes were last moved to `IDS#…`; absent: `ids` contains all there ever were. */
  trimmedAt?: EpochMs;
  tags: Record<string, HeldTag>;
  /** `journey` or `journey#key` → the run. An ended run leaves when its end is among the events of a commit. */
  openRuns: Record<string, OpenRun>;
  /** No run has ever left `openRuns`, so that there is no `ENTERED#…` to read; absent: there may be one. */
  neverLeft?: boolean;
  dueAt?: EpochMs;
  /** Effects of the LAST commit that still have to be executed (idempotent, any number of times). */
  pending: Effect[];
  /** The #PROFILE version with which the tags were evaluated. */
  pv: number;
  mergedInto?: ProfileKey;
  done?: boolean;
  mergedFrom: ProfileKey[];
}

export interface HeldTag {
  since: EpochMs;
  by: 'rule' | 'api' | 'journey';
  /** Version of the rule that set it. */
  rule?: number;
  /** When it turns off without an event, as far as known. */
  until?: EpochMs;
}

export interface OpenRun {
  entry: EntryId;
  journey: string;
  version: number;
  /** Versions that it was moved from. Until it has moved, and while somebody has read it as it was, events touch it by any of them. */
  before?: number[];
  key: string;
  at: EpochMs;
  /** Somebody tests the journey: re-entry does not know of it. */
  isTest?: true;
}

/** Idempotent. Any number of executors may execute it after the commit that names it, at any time. */
export type Effect =
  | { kind: 'member'; tag: string; on: boolean; v: number; at: EpochMs }
  /** `at`: of the commit. */
  | { kind: 'enter'; run: NewRun; at: EpochMs }
  /**
   * These events may end or resolve an open run. The effect decides after the commit, against the run item. `isReplaced`: another run of the same
   * journey and key has started, so the profile no longer lists this one and is sent its end.
   */
  | { kind: 'touch'; entry: EntryId; events: TouchingEvent[]; isReplaced?: true }
  /** Data that a run's rest depends on has changed. The effect decides after the commit whether the run still rests, and until when. */
  | { kind: 'follow'; entry: EntryId }
  /** The profile looks for the events of the newer version from now on; the effect moves the run there, if it rests. `at`: of the job. */
  | { kind: 'migrate'; entry: EntryId; from: number; to: number; map?: Record<string, string>; at: EpochMs }
  /** After a merge, one journey and key had two open runs: the younger ends. */
  | { kind: 'supersede'; entry: EntryId; at: EpochMs }
  /** `isClient`: a client key sent it, which counts only for a code that this profile drew. `order`: key of the order that it was redeemed with. */
  | { kind: 'redeem'; pool: string; code: string; at: EpochMs; isClient?: true; order?: string }
  /** What the changes of tags are to goals and reports, as metric events: told only once they have been committed. */
  | { kind: 'report'; metricEvents: Record<string, unknown>[] }
  | { kind: 'due'; at: EpochMs }
  /** There are more effects than the item should contain: they are in items of their own, put before the commit. */
  | { kind: 'stored'; pk: ProfileKey; sk: string; parts: number };

/** An event in the timeline, by its place there; or one that is in no timeline, such as a tag change. */
export type TouchingEvent = EventPlace | { event: CairnEvent };
export interface EventPlace {
  id: string;
  /** The item that contains it. */
  pk: ProfileKey;
  sk: string;
}

/** The run that `enter` creates if it does not exist yet. `bornExited`: its exit event came before it. */
export interface NewRun extends OpenRun {
  profile: ProfileKey;
  timezone?: string;
  data: Record<string, unknown>;
  bornExited?: Exit;
  test?: TestTerms;
  /** Tags that its entry event changed, and since when: they neither end nor resolve the run. */
  own?: Record<string, EpochMs>;
}

/** Key of a journey's slot in `openRuns`. */
export const runSlot = (journey: string, key: string): string => (key === '' ? journey : `${journey}#${key}`);

/** Slot of the last entry into a journey with any key; no journey has such an id. */
export const anyKeySlot = (journey: string): string => `*#${journey}`;

/** Whether no run has left: `stay` is `open` without those that leave. */
export const allStay = (open: Activity['openRuns'], stay: Activity['openRuns']): boolean =>
  Object.keys(open).length === Object.keys(stay).length;

/** At least so many of the latest message ids are known; `docs/protocols.md#duplicates`. */
const KNOWN_IDS = 128;
/** Hashes are moved in batches of this size, so that a busy profile needs one write per 64 events for it. */
const TRIM_LOT = 64;

/**
 * Appends `added` to `ids`; `trimmed` must be put into `IDS#…` before the commit. Only committed ids are moved: an id found there counts as known,
 * even for a repeat of a commit that never succeeded.
 */
export function withIds(ids: string[], added: string[]): { ids: string[]; trimmed: string[] } {
  const all = [...ids, ...added];
  const surplus = all.length - KNOWN_IDS;
  if (surplus <= TRIM_LOT) return { ids: all, trimmed: [] };
  const trimmed = ids.slice(0, surplus);
  return { ids: all.slice(trimmed.length), trimmed };
}

/** Returns the activity of a profile without any events. */
export const emptyActivity = (): Activity => ({
  version: 0,
  features: {},
  featuresOf: 0,
  ids: [],
  tags: {},
  openRuns: {},
  neverLeft: true,
  pending: [],
  pv: 0,
  mergedFrom: [],
});

/** How an exit ends a run. */
export interface Exit {
  /** Absent: `exited`. */
  outcome?: string;
  addTags?: string[];
}
