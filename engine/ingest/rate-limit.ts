import type { EpochMs } from '../../core/ids.ts';

export interface Rate {
  perSecond: number;
  burst: number;
}

/** Events of one profile. A runaway profile must not fill the first 120,000 messages, which are all that FIFO looks at. */
export const EVENTS: Rate = { perSecond: 20, burst: 500 };
/**
 * Anonymous profiles that one client key merges into one user. Each merge takes some 100 ms of the user's message group. An SDK merges one for each
 * device and each sign-in.
 */
export const CLIENT_MERGES: Rate = { perSecond: 0.5, burst: 50 };

/** Buckets remembered. When there are more, full ones are forgotten; if none is full, all of them are. */
const MAX_BUCKETS = 20_000;

/** The tokens that a request takes from one bucket. */
export interface Demand {
  rate: Rate;
  count: number;
}

interface Bucket {
  rate: Rate;
  /** Negative after a request that was larger than the remaining tokens. */
  left: number;
  at: EpochMs;
}

/**
 * Token buckets in this instance's memory. A request is admitted or refused as a whole, since clients take any success for the delivery of every
 * item: a bucket with one token left pays for the whole request and goes into debt.
 */
export function rateLimit() {
  const buckets = new Map<string, Bucket>();

  function forget(now: EpochMs): void {
    for (const [name, bucket] of buckets) if (refilled(bucket, now) >= bucket.rate.burst) buckets.delete(name);
    if (buckets.size >= MAX_BUCKETS) buckets.clear();
  }

  const leftOf = (name: string, rate: Rate, now: EpochMs): number => {
    const held = buckets.get(name);
    return held === undefined ? rate.burst : refilled(held, now);
  };

  return {
    /** Takes what one request needs of each bucket, or nothing. Returns the buckets that are empty and the seconds until the last is not. */
    take(
      demands: ReadonlyMap<string, Demand>,
      now: EpochMs,
    ): { exhausted: ReadonlySet<string>; retryAfterSeconds: number } {
      const exhausted = new Set<string>();
      let seconds = 0;
      for (const [name, { rate }] of demands) {
        const left = leftOf(name, rate, now);
        if (left >= 1) continue;
        exhausted.add(name);
        seconds = Math.max(seconds, (1 - left) / rate.perSecond);
      }
      if (exhausted.size > 0) return { exhausted, retryAfterSeconds: Math.ceil(seconds) };
      for (const [name, { rate, count }] of demands) {
        if (buckets.size >= MAX_BUCKETS) forget(now);
        buckets.set(name, { rate, left: leftOf(name, rate, now) - count, at: now });
      }
      return { exhausted, retryAfterSeconds: 0 };
    },
  };
}

const refilled = ({ rate, left, at }: Bucket, now: EpochMs): number =>
  Math.min(rate.burst, left + (Math.max(0, now - at) / 1000) * rate.perSecond);
