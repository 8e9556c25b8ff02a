import type { EpochMs } from '../ids.ts';
import { type DateValue, dateInZone } from './date-value.ts';
import { addDays, instantOf, localDate, localTime } from './local.ts';
import { type Every, occurrenceIn } from './recurrence.ts';
import { HOUR_MS } from './units.ts';

/** `offset`: calendar days (`-7d`) or hours (`-2h`); `time`: local, `HH:mm`. */
export interface Shift {
  offset?: string | undefined;
  time?: string | undefined;
}

/** Returns the calendar days of an offset; 0 if it is in hours. */
export const offsetDays = (offset = '0d'): number => (offset.endsWith('d') ? Number(offset.slice(0, -1)) : 0);
const offsetHours = (offset = '0d'): number => (offset.endsWith('h') ? Number(offset.slice(0, -1)) : 0);

/** Instants of four-digit years: others have no ISO text of the usual form. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** Returns the instant of a date, at most the last one of the year 9999. See `instantAt`. */
export const dateInstant = (value: DateValue, shift: Shift, timezone: string): EpochMs =>
  Math.min(LAST_INSTANT, Math.max(FIRST_INSTANT, instantAt(value, shift, timezone)));

/**
 * Returns the instant of a date at its local time (default 00:00); an instant stays exact unless there is a local time. Days of the offset are
 * calendar days: an instant keeps its local time.
 */
function instantAt(value: DateValue, { offset, time }: Shift, timezone: string): EpochMs {
  const days = offsetDays(offset);
  const hours = offsetHours(offset) * HOUR_MS;
  if ('instant' in value && time === undefined) {
    if (days === 0) return value.instant + hours;
    const there = addDays(localDate(value.instant, timezone), days);
    return instantOf(there, localTime(value.instant, timezone), timezone) + (value.instant % 60_000);
  }
  return instantOf(addDays(dateInZone(value, timezone), days), time ?? '00:00', timezone) + hours;
}

/** Returns the same for its occurrence in a year or month; an instant keeps its local time to the minute. */
export function occurrenceInstant(
  value: DateValue,
  { every, offset, time }: Shift & { every: Every },
  period: number,
  timezone: string,
): EpochMs {
  const date = occurrenceIn(dateInZone(value, timezone), every, period);
  const own = 'instant' in value ? localTime(value.instant, timezone) : undefined;
  return dateInstant({ date }, { offset, time: time ?? own }, timezone);
}
