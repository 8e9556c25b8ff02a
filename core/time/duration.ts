import * as z from 'zod';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** `"90s" "10m" "24h" "30d" "4w"`; a day is 24 hours. */
export const DurationSchema = z.string().regex(/^[1-9]\d{0,8}[smhdw]$|^0[smhdw]$/, 'must be a duration such as "90s", "10m", "24h", "30d" or "4w"');

/** Milliseconds of what DurationSchema accepts. */
export function durationMs(duration: string): number {
  // The schema admits only these units.
  return Number(duration.slice(0, -1)) * UNIT_MS[duration.slice(-1) as Unit];
}
