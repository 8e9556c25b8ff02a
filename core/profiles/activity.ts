import type { Features } from '../conditions/features.ts';
import type { EntryId, EpochMs, ProfileKey } from '../ids.ts';

/** `#ACTIVITY`: everything about a profile that one conditional commit moves on. `protocols.md`, part A. */
export interface Activity {
  version: number;
  /** What the rules need of the events, packed. */
  features: Features;
  /** Short hashes of the last 128 message ids, in commit order. */
  ids: string[];
  tags: Record<string, HeldTag>;
  /** `journey` or `journey#key` → the run. Ended entries leave when their end is told. */
  openRuns: Record<string, OpenRun>;
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

export type Effect =
  | { kind: 'member'; tag: string; on: boolean; v: number }
  | { kind: 'enter'; run: NewRun }
  | { kind: 'exit'; entry: EntryId; outcome?: string; reason: 'exited' | 'merged'; at: EpochMs }
  | { kind: 'resolve'; entry: EntryId; step: number; way: number; by: string; output?: unknown }
  | { kind: 'redeem'; pool: string; code: string; at: EpochMs }
  | { kind: 'due'; at: EpochMs };

/** What `enter` puts when the run does not exist yet. `born` closed: its exit came before it. */
export interface NewRun extends OpenRun {
  profile: ProfileKey;
  data: Record<string, unknown>;
  bornExited?: { outcome?: string };
}
