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

const FIRST_THROTTLED_SECONDS = 10;
/** Longest delay of an SQS message. */
const LONGEST_SECONDS = 900;

/**
 * Returns when to try again after `times` throttled answers (from 1): the delay doubles each time, and a random half of it is subtracted, so that
 * requests which were throttled together do not return together. Not later than just after `until`, when the message expires.
 */
export function throttledDelay(times: number, random: number, now: EpochMs, until: EpochMs): number {
  const most = Math.min(LONGEST_SECONDS, FIRST_THROTTLED_SECONDS * 2 ** Math.min(times - 1, 10));
  const jittered = Math.ceil(most * (1 - random / 2));
  return Math.max(1, Math.min(jittered, Math.ceil((until + 1 - now) / 1000)));
}
