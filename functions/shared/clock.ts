import type { EpochMs } from '../../core/ids.ts';

/** Now, in epoch ms. Passed to whatever needs the time; the embedded cloud's virtual clock stands behind `Date`. */
export type Clock = () => EpochMs;

export const systemClock: Clock = () => Date.now();
