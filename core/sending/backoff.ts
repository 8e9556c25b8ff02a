import type { EpochMs } from '../ids.ts';

/** Seconds before each further try on a channel: 15 minutes and more in all. */
const DELAYS = [10, 20, 40, 80, 160, 300, 320];
const AT_LEAST_MS = 15 * 60_000;

/** When to try again after `attempt` failures (from 0); undefined: this channel has been tried for long enough. */
export function retryDelay(attempt: number, firstTryAt: EpochMs, now: EpochMs): number | undefined {
  const delay = DELAYS[attempt];
  if (delay !== undefined) return delay;
  return now - firstTryAt < AT_LEAST_MS ? 300 : undefined;
}
