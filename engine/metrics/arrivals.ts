import type { EpochMs } from '../../core/ids.ts';
import { dayOf } from '../../core/metrics/cohorts.ts';

/** Most scopes in memory; beyond it, all are forgotten, and asked for once more. */
const MAX_KEPT = 5_000;

/**
 * Of events that come all day long, the first of a day is enough to have their silence looked for: that check then names the next by itself. What one
 * process forgets, another does again.
 */
export interface Arrivals {
  /** Those of these scopes that were not asked for on this UTC day. */
  firstOfDay(scopes: readonly string[], now: EpochMs): string[];
}

export function arrivals(): Arrivals {
  const asked = new Map<string, string>();

  return {
    firstOfDay(scopes, now) {
      const day = dayOf(now);
      const first = scopes.filter((scope) => asked.get(scope) !== day);
      if (asked.size > MAX_KEPT) asked.clear();
      for (const scope of first) asked.set(scope, day);
      return first;
    },
  };
}
