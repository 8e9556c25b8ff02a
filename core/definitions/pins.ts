import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';

/** Newest versions at `submit`: template id → version, journey id → version, id of a content item → version. */
export interface Pins {
  templates: Record<string, number>;
  journeys: Record<string, number>;
  /** All items of the kinds that blocks of the templates show. Absent: no template has blocks. */
  content?: Record<string, number>;
}

/** Each of these can have a pause in the live rules. */
export type Pausable = { channel: Channel } | { journey: string } | { campaign: string };

/** Pause of a channel, a journey or a campaign. */
export interface Pause {
  since: EpochMs;
  reason?: string;
  /** Transactional messages are held too. */
  all?: boolean;
  /** Id of the guardrail's or alarm's alert that paused it; absent: a person did. */
  alert?: string;
}

/** Terms of a run by which somebody tests a version. */
export interface TestTerms {
  /** No stop rests for longer, in ms. */
  waits: number;
  /** The pins of the moment at which the test began, if its version was never submitted. */
  pins?: Pins;
}
