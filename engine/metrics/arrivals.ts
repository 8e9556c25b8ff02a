import type { EpochMs } from '../../core/ids.ts';
import { utcDay } from '../../core/time/utc-day.ts';

/** Most scopes in memory; beyond it, all are forgotten, and asked for once more. */
const MAX_KEPT = 5_000;

/**
 * Finds the first event of a day among those that come all day long. It is enough to have their silence looked for: that check names the next by
 * itself. If a process forgets one, the check is made once more.
 */
export interface Arrivals {
  /** Those of these scopes that were not asked for on this UTC day. */
  firstOfDay(scopes: readonly string[], now: EpochMs): string[];
}

export function arrivals(): Arrivals {
  const asked = new Map<string, string>();

  return {
    firstOfDay(scopes, now) {
      const day = utcDay(now);
      const first = scopes.filter((scope) => asked.get(scope) !== day);
      if (asked.size > MAX_KEPT) asked.clear();
      for (const scope of first) asked.set(scope, day);
      return first;
    },
  };
}
