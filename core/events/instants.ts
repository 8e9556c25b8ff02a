import type { EpochMs } from '../ids.ts';
import { parseInstant } from '../time/instant.ts';

/** Some clients send an empty text for an unknown instant. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const EPOCH = /^\d{9,16}(\.\d+)?$/;

/**
 * Parses ISO 8601 (without an offset it is UTC, as in Segment's spec), or time since 1970: ten digits are seconds (2001 to 2286), twelve and thirteen
 * are milliseconds. Returns undefined for everything else: another number would mean an instant of 1970, or one far in the future.
 */
export function instant(value: unknown): EpochMs | undefined {
  if (typeof value === 'number') return sinceEpoch(value);
  if (typeof value !== 'string') return undefined;
  if (EPOCH.test(value)) return sinceEpoch(Number(value));
  return (
    parseInstant(value) ??
    parseInstant(`${value}Z`) ??
    (DAY.test(value) ? parseInstant(`${value}T00:00:00Z`) : undefined)
  );
}

function sinceEpoch(value: number): EpochMs | undefined {
  if (value >= 1e9 && value < 1e10) return Math.round(value * 1_000);
  return value >= 1e11 && value < 1e13 ? Math.floor(value) : undefined;
}

/**
 * How far `sentAt` may differ from the arrival if the client's clock is right: because of the network, a cold start, or clients that repeat a request
 * with the `sentAt` of its first try.
 */
export const CLOCK_TOLERANCE_MS = 5_000;

/**
 * Returns the instant of an event: the arrival if there is no timestamp; with `sentAt`, a wrong client clock is corrected; never later than the
 * arrival. A right clock is not corrected: its difference is only the duration of the request, which varies, and would change the order of a client's
 * own events.
 */
export function eventInstant(
  timestamp: EpochMs | undefined,
  sentAt: EpochMs | undefined,
  receivedAt: EpochMs,
): EpochMs {
  if (timestamp === undefined) return receivedAt;
  const behindMs = sentAt === undefined ? 0 : receivedAt - sentAt;
  const isRight = Math.abs(behindMs) <= CLOCK_TOLERANCE_MS;
  return Math.max(0, Math.min(isRight ? timestamp : timestamp + behindMs, receivedAt));
}
