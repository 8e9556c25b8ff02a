import type { EpochMs } from '../ids.ts';

/** Newest versions at `submit`: template id → version, journey id → version, id of a content item → version. */
export interface Pins {
  templates: Record<string, number>;
  journeys: Record<string, number>;
  /** All items of the kinds that blocks of the templates show. Absent: no template has blocks. */
  content?: Record<string, number>;
}

/** Pause of a channel or a journey. */
export interface Pause {
  since: EpochMs;
  reason?: string;
  /** Transactional messages are held too. */
  all?: boolean;
  /** Id of the guardrail's or alarm's alert that paused it; absent: a person did. */
  alert?: string;
}
