import type { EpochMs, ProfileKey } from '../../core/ids.ts';

const PER_SECOND = 20;
const BURST = 200;
/** Profiles remembered; beyond it those that are full again are forgotten, then all. */
const MOST_BUCKETS = 20_000;

interface Bucket {
  left: number;
  at: EpochMs;
}

/**
 * Admits 20 events a second of one profile after a burst of 200, counted in this instance's memory: a runaway profile must not fill the
 * first 120,000 messages, which are all that FIFO looks at.
 */
export function rateLimit() {
  const buckets = new Map<ProfileKey, Bucket>();

  function sweep(now: EpochMs): void {
    for (const [key, bucket] of buckets) if (refilled(bucket, now) >= BURST) buckets.delete(key);
    if (buckets.size >= MOST_BUCKETS) buckets.clear();
  }

  return {
    /** False: this event of the profile is too many now. */
    admits(profile: ProfileKey, now: EpochMs): boolean {
      if (buckets.size >= MOST_BUCKETS) sweep(now);
      const held = buckets.get(profile);
      const left = held === undefined ? BURST : refilled(held, now);
      buckets.set(profile, { left: left >= 1 ? left - 1 : left, at: now });
      return left >= 1;
    },
  };
}

const refilled = (bucket: Bucket, now: EpochMs): number =>
  Math.min(BURST, bucket.left + (Math.max(0, now - bucket.at) / 1000) * PER_SECOND);
