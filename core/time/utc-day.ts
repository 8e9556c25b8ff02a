import type { EpochMs } from '../ids.ts';

/** The day (UTC) of an instant: `2026-11-02`. */
export const utcDay = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
