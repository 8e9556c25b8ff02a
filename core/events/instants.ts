import type { EpochMs } from '../ids.ts';
import { parseInstant } from '../time/instant.ts';

/** Some clients send an empty text for an instant that they do not know. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** ISO 8601; an instant without an offset is UTC, as Segment reads it. */
export function instant(value: unknown): EpochMs | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  return (
    parseInstant(value) ??
    parseInstant(`${value}Z`) ??
    (/^\d{4}-\d{2}-\d{2}$/.test(value) ? parseInstant(`${value}T00:00:00Z`) : undefined)
  );
}

/** Absent → arrival; with `sentAt`, the client's clock is corrected; never later than the arrival. */
export function eventInstant(
  timestamp: EpochMs | undefined,
  sentAt: EpochMs | undefined,
  receivedAt: EpochMs,
): EpochMs {
  if (timestamp === undefined) return receivedAt;
  const corrected = sentAt === undefined ? timestamp : receivedAt - (sentAt - timestamp);
  return Math.max(0, Math.min(corrected, receivedAt));
}
