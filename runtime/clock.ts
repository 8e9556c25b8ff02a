import type { EpochMs } from '../core/ids.ts';

/** Now, in epoch ms. Passed to whatever needs the time; the embedded cloud's virtual clock stands behind `Date`. */
export type Clock = () => EpochMs;

export const systemClock: Clock = () => Date.now();

/** Grows from call to call on one machine, also within a millisecond and while a virtual clock stands still: microseconds from no particular instant. */
export type Sequence = () => number;

export const systemSequence: Sequence = (): number => Number(process.hrtime.bigint() / 1000n);
