import type { Channel } from '../channels.ts';
import type { ComputedTrait } from '../computed-traits/schema.ts';
import type { FeatureSpec } from '../conditions/features.ts';
import type { Pause, Pins } from '../definitions/pins.ts';
import type { Settings } from '../definitions/settings.ts';
import type { Journey } from '../journeys/schema.ts';
import type { Rule } from '../tags/rule.ts';

/**
 * All live rules in one immutable, compressed item (parts ≤ 350 KB): written by `admin-api` and `lifecycle-api` at every definition, publish and settings call,
 * read by functions when the pointer moves.
 */
export interface Snapshot {
  version: number;
  settings: Settings;
  /** Tags and segments alike, in an order in which each stands after those it refers to. Only those with `if`. */
  rules: Rule[];
  /** What `#ACTIVITY.features` must hold. `since` = feature version in which the feature came in; a profile behind it reads its timeline once. */
  features: { version: number; specs: (FeatureSpec & { since: number })[] };
  /**
   * In which version each rule (`tag:…`, `segment:…`) and each journey entered by the calendar (`journey:…`) came in as it stands. A profile evaluated by an
   * older one is first evaluated without what is new about it: what then turns is backfilled, and times that have passed are past. The version moves also with
   * the settings that everybody is evaluated by.
   */
  arrivals: { version: number; since: Record<string, number> };
  computed: ComputedRule[];
  journeys: LiveJourney[];
  pools: { id: string; validForMs?: number; redeemedBy: { event: string; code: string }[] }[];
  /**
   * Events that some published version of a journey looks for, until it is archived: runs of an older version still wait for what the live one may
   * have dropped. Absent: of the live versions alone.
   */
  heard?: Record<string, string[]>;
  /** Archived journeys → the highest version archived: a run of that version or an older one must not act, though it may still read open. */
  archived: Record<string, number>;
}

/** A live computed trait: `id` is the trait's name. */
export interface ComputedRule {
  id: string;
  definition: ComputedTrait;
}

/** A published journey: the version that new entries take. */
export interface LiveJourney {
  id: string;
  version: number;
  definition: Journey;
  pins: Pins;
}

/** One small item beside the snapshots, looked at every few seconds (locally at every event): what must hold at once. */
export interface Pointer {
  /** Of the newest snapshot. */
  version: number;
  channels: Partial<Record<Channel, Pause>>;
  journeys: Record<string, Pause>;
}
