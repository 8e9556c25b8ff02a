import type { EpochMs } from '../ids.ts';

/** The truth at one instant, and how long it certainly holds. */
export interface Verdict {
  is: boolean;
  /** The earliest instant > now at which the answer can differ without any new event; absent: never. */
  changesAt?: EpochMs;
}
