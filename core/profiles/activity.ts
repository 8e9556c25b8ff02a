import type { Features } from '../conditions/features.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EntryId, EpochMs, ProfileKey } from '../ids.ts';

/** `#ACTIVITY`: everything about a profile that one conditional commit moves on. `docs/protocols.md#items`. */
export interface Activity {
  version: number;
  /** What the rules need of the events, packed. */
  features: Features;
  /** The snapshot's feature version that they are complete for; a profile behind it reads its timeline once. */
  featuresOf: number;
  /** `Snapshot.arrivals.version` that it was last evaluated by; absent: 0. */
  arrivalsOf?: number;
  /** `Snapshot.version` that it was last evaluated by: nobody evaluates it by an older one. Absent: 0. */
  snapshotOf?: number;
  /** Up to when journeys' calendars were looked at; absent: never. */
  timesUntil?: EpochMs;
  /** Short hashes of the last message ids (128 at least; 192 at most, or all of one large commit), in commit order. */
  ids: string[];
  /** Timestamp of the latest event committed: an entry after it needs no look into the timeline for its exits. */
  lastAt?: EpochMs;
  /** When hashes were last moved to `IDS#…`; absent: `ids` are all there ever were. */
  trimmedAt?: EpochMs;
  tags: Record<string, HeldTag>;
  /** `journey` or `journey#key` → the run. Ended entries leave when their end is told. */
  openRuns: Record<string, OpenRun>;
  /** No run has ever left `openRuns`, so that there is no `ENTERED#…` to ask for; absent: there may be. */
  neverLeft?: boolean;
  dueAt?: EpochMs;
  /** What the LAST commit changed and still has to carry out (idempotent, any number of times). */
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
  /** When it turns off by itself, as far as known. */
  until?: EpochMs;
}

export interface OpenRun {
  entry: EntryId;
  journey: string;
  version: number;
  key: string;
  at: EpochMs;
}

/** Idempotent, carried out after the commit that names them by any number of executors of any age. */
export type Effect =
  | { kind: 'member'; tag: string; on: boolean; v: number; at: EpochMs }
  | { kind: 'enter'; run: NewRun }
  /** These events may end or resolve an open run; whether they do is evaluated against the run item after the commit. */
  | { kind: 'touch'; entry: EntryId; events: TouchingEvent[] }
  /** What the run may rest until has changed: whether it does, and until when now, is evaluated after the commit. */
  | { kind: 'follow'; entry: EntryId }
  /** One journey and key had two open runs after a merge: the younger ends. */
  | { kind: 'supersede'; entry: EntryId; at: EpochMs }
  /** `isClient`: a client key says so, which counts only of a code that this profile drew. */
  | { kind: 'redeem'; pool: string; code: string; at: EpochMs; isClient?: true }
  | { kind: 'due'; at: EpochMs }
  /** More than the item should carry: the effects lie in items of their own, put before the commit. */
  | { kind: 'stored'; pk: ProfileKey; sk: string; parts: number };

/** An event in the timeline, by its place there; or one that is in no timeline: a tag has turned. */
export type TouchingEvent = EventPlace | { event: CairnEvent };
export interface EventPlace {
  id: string;
  /** The item that it was put in. */
  pk: ProfileKey;
  sk: string;
}

/** What `enter` puts when the run does not exist yet. `bornExited`: its exit came before it. */
export interface NewRun extends OpenRun {
  profile: ProfileKey;
  data: Record<string, unknown>;
  bornExited?: Exit;
  /** Tags that its entry event turned, and since when they are on (or off): they neither end nor resolve it. */
  own?: Record<string, EpochMs>;
}

/** Key of a journey's slot in `openRuns`. */
export const runSlot = (journey: string, key: string): string => (key === '' ? journey : `${journey}#${key}`);

/** Where the last entry of a journey is kept, of whatever key; no journey has such an id. */
export const anyKeySlot = (journey: string): string => `*#${journey}`;

/** `stay` is `open` without those that leave. */
export const allStay = (open: Activity['openRuns'], stay: Activity['openRuns']): boolean =>
  Object.keys(open).length === Object.keys(stay).length;

/** At least so many of the latest message ids are known; `docs/protocols.md#duplicates`. */
const KNOWN_IDS = 128;
/** Hashes leave in lots of this size, so that a busy profile pays one write in 64 events for it. */
const TRIM_LOT = 64;

/**
 * `ids` with `added` behind; what overflows has to be put into `IDS#…` before the commit. Only what is committed already leaves: found there, an
 * id counts as known, also by a repeat of a commit that never came about.
 */
export function withIds(ids: string[], added: string[]): { ids: string[]; trimmed: string[] } {
  const all = [...ids, ...added];
  const surplus = all.length - KNOWN_IDS;
  if (surplus <= TRIM_LOT) return { ids: all, trimmed: [] };
  const trimmed = ids.slice(0, surplus);
  return { ids: all.slice(trimmed.length), trimmed };
}

/** Of a profile to which nothing has happened. */
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

/** How a run is ended before its time. */
export interface Exit {
  /** Absent: `exited`. */
  outcome?: string;
  addTags?: string[];
}
