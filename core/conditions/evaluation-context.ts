import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';
import type { Lookup } from './comparison.ts';
import type { EventSource } from './event-requirement.ts';
import type { Verdict } from './verdict.ts';

/**
 * All data that a condition can use, for one profile at one instant. Conditions never read by themselves: the caller first reads what `referencesOf`
 * names. Data that only a journey has (`data`, `run`) is absent elsewhere, and absent data makes a condition false.
 */
export interface EvaluationContext extends Lookup {
  now: EpochMs;
  /** IANA name: the customer's, else the settings'. */
  timezone: string;
  /** When a computed trait can next change without an event; absent: no trait is computed. */
  traitChangesAt?(name: string): EpochMs | undefined;
  tag(id: string): Verdict;
  segment(id: string): Verdict;
  events: EventSource;
  /** `settings.fatigue`; absent: nobody is ever fatigued. */
  fatigue?: readonly FatigueRule[];
  /** The profile's runs of a journey; absent: no run is open. */
  journeys?(id: string): JourneyState;
  run?: RunState;
}

/** If the newest `opened` messages on `channel` were all opened and none was clicked, the channel is fatigued until `for` after the newest opening. */
export interface FatigueRule {
  channel: Channel;
  opened: number;
  /** A duration. */
  for: string;
}

export interface JourneyState {
  /** A run of it has entered and not ended (entering, open or parked). */
  open: boolean;
}

/** Data of its own run that a journey's condition sees. */
export interface RunState {
  /** Entry instant: the entry event's timestamp. */
  at: EpochMs;
  /** When the run last came to that node. */
  visitedAt(node: string): EpochMs | undefined;
  /** The message of the last visit to that `send` node. */
  message(node: string): MessageHistory | undefined;
  /** Whether the code that this run drew at that node has been redeemed. */
  couponRedeemed(node: string): boolean;
}

/** History of a message, as its row in Messages has it. */
export interface MessageHistory {
  history: readonly { status: string; at: EpochMs; machine?: boolean }[];
}
