import type { Campaign } from '../campaigns/schema.ts';
import type { Channel } from '../channels/registry.ts';
import type { ComputedTrait } from '../computed-traits/schema.ts';
import type { FeatureSpec } from '../conditions/features.ts';
import type { Pause, Pins } from '../definitions/pins.ts';
import type { Settings } from '../definitions/settings.ts';
import type { Goal } from '../goals/schema.ts';
import type { EpochMs } from '../ids.ts';
import type { Journey } from '../journeys/schema.ts';
import type { Breakers } from '../policies/breaker.ts';
import type { Calendar } from '../policies/calendar.ts';
import type { Rule } from '../tags/rule.ts';

/**
 * All live rules in one immutable, compressed item (parts ≤ 350 KB). `admin-api` and `lifecycle-api` write it at every definition, publish and
 * settings call; functions read it when the pointer moves.
 */
export interface Snapshot {
  version: number;
  settings: Settings;
  /** Tags and segments with an `if`, each after those that it references. */
  rules: Rule[];
  /**
   * Features that `#ACTIVITY.features` must contain. `since` is the feature version that added a feature; a profile behind it reads its timeline
   * once.
   */
  features: { version: number; specs: (FeatureSpec & { since: number })[] };
  /**
   * Version in which each rule (`tag:…`, `segment:…`) and each journey with a timed entry (`journey:…`) was added or last changed. A profile that was
   * evaluated by an older version is first evaluated without the new rules: tags that then change are backfilled, and instants of timed entries that
   * have passed are skipped. The version also changes with the settings that every profile is evaluated by.
   */
  arrivals: { version: number; since: Record<string, number> };
  computed: ComputedRule[];
  journeys: LiveJourney[];
  /** Absent: there is none. */
  campaigns?: LiveCampaign[] | undefined;
  /** All content items, with what a submission pins them by. Absent: there is none. */
  content?: ContentEntry[];
  /** Goals that belong to no campaign or journey. Absent: there is none. */
  goals?: LiveGoal[] | undefined;
  pools: { id: string; validForMs?: number; redeemedBy: { event: string; code: string }[] }[];
  /**
   * Events that any published version of a journey subscribes to, until it is archived: runs of an older version may still wait for events that the
   * live one no longer uses. Absent: only the live versions' events.
   */
  subscribedEvents?: Record<string, string[]>;
  /**
   * Longest rolling cap, ms, of any published version of each journey and its nodes, until the journey is archived. Only those that are longer than
   * what is kept anyway.
   */
  longestCaps?: Record<string, number>;
  /** Calendars that somebody has written, by id. Those that are built in are not here (`calendar-of.ts`). */
  calendars?: Record<string, Calendar>;
  /** Archived journeys → the highest version archived: a run of that version or an older one must not act, although it may still be open. */
  archived: Record<string, number>;
  /** Archived campaigns → the highest version archived: no message of that version or an older one leaves. Absent: none is. */
  archivedCampaigns?: Record<string, number> | undefined;
}

/** A content item in its newest version. */
export interface ContentEntry {
  id: string;
  version: number;
  kind: string;
  until?: string;
}

/** A live computed trait: `id` is the trait's name. */
export interface ComputedRule {
  id: string;
  definition: ComputedTrait;
}

/** A goal of all customers. */
export interface LiveGoal {
  id: string;
  definition: Goal;
}

/** A published journey: the version that new entries take. */
export interface LiveJourney {
  id: string;
  version: number;
  definition: Journey;
  pins: Pins;
}

/** A published campaign: the version that new occurrences take. */
export interface LiveCampaign {
  id: string;
  version: number;
  definition: Campaign;
  pins: Pins;
}

/** A small item beside the snapshots, read every few seconds (locally at every event): it contains what must take effect at once. */
export interface Pointer {
  /** Version of the newest snapshot. */
  version: number;
  channels: Partial<Record<Channel, Pause>>;
  journeys: Record<string, Pause>;
  /** Absent: none is paused. */
  campaigns?: Record<string, Pause>;
  /** Occurrences that were cancelled, as `<campaign>#<occurrence>`, and until when their messages may still come to the gate. */
  cancelled?: Record<string, EpochMs>;
  /**
   * How often each channel (`channel:sms`), journey (`journey:wake`) and campaign was resumed; absent: never. Guardrails count the messages of each generation
   * apart, because after a resume counting starts anew.
   */
  generations?: Record<string, number>;
  /** When each of them was last resumed, by the same names. */
  resumedAt?: Record<string, number>;
  /** Up to which version each journey's pilots were continued; absent: none was. */
  continued?: Record<string, number>;
  /** Providers that fail and are left alone; absent: none. */
  breakers?: Breakers;
}
