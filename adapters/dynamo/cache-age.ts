import type { EpochMs } from '../../core/ids.ts';
import type { Clock } from '../../engine/ports.ts';

export interface CacheOptions {
  /** How old a copy may be; 0: none may be used, unless `changes` says that it is current. */
  maxAgeMs: number;
  clock: Clock;
  /**
   * Number of changes so far to what is copied, each counted once it can be read and before it is answered. While it stays the same, a copy is current
   * at any age. Undefined: nobody counts.
   */
  changes?: (() => number | undefined) | undefined;
}

/** State of the table when the reading of a copy began. */
export interface CacheStamp {
  at: EpochMs;
  changes: number | undefined;
}

/** Decides which copies of stored items may still be used. */
export function cacheAges({ maxAgeMs, clock, changes }: CacheOptions) {
  return {
    /** To be called before the item is read. */
    stamp: (): CacheStamp => ({ at: clock(), changes: changes?.() }),

    isCounted: (): boolean => changes?.() !== undefined,

    isFresh(copy: CacheStamp): boolean {
      const now = changes?.();
      if (now !== undefined) return copy.changes === now;
      return maxAgeMs > 0 && Math.abs(clock() - copy.at) < maxAgeMs;
    },
  };
}
