import type { EpochMs, ProfileKey } from '../../core/ids.ts';

const PER_SECOND = 20;
const BURST = 500;
/** Profiles remembered. When there are more, full buckets are forgotten; if none is full, all of them are. */
const MAX_BUCKETS = 20_000;

interface Bucket {
  /** Negative after a request that was larger than what was left. */
  left: number;
  at: EpochMs;
}

/**
 * Token bucket of each profile, in this instance's memory: 20 events a second after a burst of 500. A runaway profile must not fill the
 * first 120,000 messages, which are all that FIFO looks at. A request is admitted or refused as a whole, since clients take any success
 * for the delivery of every item: a bucket with one token left pays for the whole request and goes into debt.
 */
export function rateLimit() {
  const buckets = new Map<ProfileKey, Bucket>();

  function forget(now: EpochMs): void {
    for (const [key, bucket] of buckets) if (refilled(bucket, now) >= BURST) buckets.delete(key);
    if (buckets.size >= MAX_BUCKETS) buckets.clear();
  }

  const leftOf = (profile: ProfileKey, now: EpochMs): number => {
    const held = buckets.get(profile);
    return held === undefined ? BURST : refilled(held, now);
  };

  return {
    /** Takes the events of one request, or none. Returns the profiles whose bucket is empty and the seconds until the last is not. */
    take(
      events: ReadonlyMap<ProfileKey, number>,
      now: EpochMs,
    ): { exhausted: ReadonlySet<ProfileKey>; retryAfterSeconds: number } {
      const exhausted = new Set<ProfileKey>();
      let missing = 0;
      for (const profile of events.keys()) {
        const left = leftOf(profile, now);
        if (left >= 1) continue;
        exhausted.add(profile);
        missing = Math.max(missing, 1 - left);
      }
      if (exhausted.size > 0) return { exhausted, retryAfterSeconds: Math.ceil(missing / PER_SECOND) };
      for (const [profile, count] of events) {
        if (buckets.size >= MAX_BUCKETS) forget(now);
        buckets.set(profile, { left: leftOf(profile, now) - count, at: now });
      }
      return { exhausted, retryAfterSeconds: 0 };
    },
  };
}

const refilled = (bucket: Bucket, now: EpochMs): number =>
  Math.min(BURST, bucket.left + (Math.max(0, now - bucket.at) / 1000) * PER_SECOND);
