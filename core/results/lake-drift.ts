import type { EpochMs } from '../ids.ts';
import { HOUR_MS } from '../time/units.ts';

/** CloudWatch metric: by how much the facts of a day in the lake differed from the counters. */
export const LAKE_DRIFT = 'LakeDrift';

/** UTC: after the recount of the day before. */
export const DRIFT_HOUR = 4;

/** The day whose facts are compared at this hour; undefined: none is. */
export const dayToCheck = (now: EpochMs): string | undefined =>
  new Date(now).getUTCHours() === DRIFT_HOUR ? new Date(now - 24 * HOUR_MS).toISOString().slice(0, 10) : undefined;
