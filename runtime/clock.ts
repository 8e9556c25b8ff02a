import type { Clock, Sequence } from '../engine/ports.ts';

export const systemClock: Clock = () => Date.now();

export const systemSequence: Sequence = (): number => Number(process.hrtime.bigint() / 1000n);
