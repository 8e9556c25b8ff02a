import type { EpochMs } from '../ids.ts';
import { addDays, dateOfDay, dayNumber, type LocalDate, type Weekday, weekdayOf } from './calendar.ts';
import { DAY_MS } from './units.ts';

export {
  addDays,
  anniversaryIn,
  daysBetween,
  isDate,
  type LocalDate,
  nextAnniversary,
  WEEKDAYS,
  type Weekday,
  weekdayOf,
  yearOf,
} from './calendar.ts';

/**
 * The timezones in which each local time comes first and last. No zone has been ahead of UTC+14 (Pacific/Kiritimati) or behind UTC−12 since offsets are
 * whole quarters of an hour; these two are fixed, so no government's decision moves them.
 */
export const FIRST_ZONE = 'Etc/GMT-14';
export const LAST_ZONE = 'Etc/GMT+12';

/** Offsets change only at quarters of an hour (since 1972), so within one an offset is constant. */
const QUARTER_MS = 900_000;
/** A formatter takes tens of kB, and names come from customers: so only this many are kept, and this many offsets of each. */
const MAX_ZONES = 200;
const MAX_OFFSETS = 2000;

interface Zone {
  format: Intl.DateTimeFormat;
  /** Quarter of an hour since 1970 → offset, ms. */
  offsets: Map<number, number>;
}
const zones = new Map<string, Zone>();

/** A name of the IANA time zone database that this runtime knows. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError for an unknown name. */
function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const zone: Zone = { format, offsets: new Map() };
  if (zones.size >= MAX_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
}

/** Returns local time minus UTC at that instant, in ms. */
export function offsetAt(ms: EpochMs, timezone: string): number {
  const { format, offsets } = zoneOf(timezone);
  const quarter = Math.floor(ms / QUARTER_MS);
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const offset = readOffset(format.format(ms));
  if (offsets.size >= MAX_OFFSETS) offsets.clear();
  offsets.set(quarter, offset);
  return offset;
}

/** Returns the offset of a formatted `…, GMT+05:30` in ms; plain `GMT` is zero. */
function readOffset(formatted: string): number {
  const found = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(formatted);
  if (found === null) return 0;
  const [, sign, hours, minutes, seconds = '0'] = found;
  const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return (sign === '-' ? -1000 : 1000) * size;
}

/** Returns the calendar date in the timezone at that instant. */
export const localDate = (ms: EpochMs, timezone: string): LocalDate =>
  dateOfDay(Math.floor((ms + offsetAt(ms, timezone)) / DAY_MS));

/** Returns `HH:mm` in the timezone at that instant. */
export const localTime = (ms: EpochMs, timezone: string): string =>
  new Date(ms + offsetAt(ms, timezone)).toISOString().slice(11, 16);

/** Returns the hour of the week in the timezone at that instant: 0 is Monday from midnight, 167 Sunday's last. */
export function localWeekHour(ms: EpochMs, timezone: string): number {
  const local = new Date(ms + offsetAt(ms, timezone));
  return ((local.getUTCDay() + 6) % 7) * 24 + local.getUTCHours();
}

/**
 * Returns the instant of a local time `HH:mm` (`24:00` is the next day's `00:00`). A time that daylight saving skips is the first instant after the
 * gap; a time that occurs twice is its first.
 */
export function instantOf(date: LocalDate, time: string, timezone: string): EpochMs {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const local = dayNumber(date) * DAY_MS + (hours * 60 + minutes) * 60_000;
  const before = offsetAt(local - DAY_MS, timezone);
  const after = offsetAt(local + DAY_MS, timezone);
  const early = local - before;
  if (offsetAt(early, timezone) === before) return early;
  const late = local - after;
  if (offsetAt(late, timezone) === after) return late;
  return firstAfterGap(late, early, timezone);
}

/** Returns the instants at which clocks in the timezone show `HH:mm` on that date: none where daylight saving skips it, two where it comes twice. */
export function instantsOf(date: LocalDate, time: string, timezone: string): EpochMs[] {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const local = dayNumber(date) * DAY_MS + (hours * 60 + minutes) * 60_000;
  const offsets = new Set([offsetAt(local - DAY_MS, timezone), offsetAt(local + DAY_MS, timezone)]);
  return [...offsets]
    .map((offset) => local - offset)
    .filter((ms) => offsetAt(ms, timezone) === local - ms)
    .sort((a, b) => a - b);
}

/** Returns the instant in (from, to] at which the clocks are changed; undefined: they are not. There must be at most one such. */
export function clockChangeBetween(from: EpochMs, to: EpochMs, timezone: string): EpochMs | undefined {
  const after = offsetAt(to, timezone);
  if (offsetAt(from, timezone) === after) return undefined;
  let before = Math.floor(from / QUARTER_MS);
  let since = Math.floor(to / QUARTER_MS);
  while (since - before > 1) {
    const middle = Math.floor((before + since) / 2);
    if (offsetAt(middle * QUARTER_MS, timezone) === after) since = middle;
    else before = middle;
  }
  return since * QUARTER_MS;
}

/** The first instant in (from, to] with the offset that holds at `to`. */
function firstAfterGap(from: EpochMs, to: EpochMs, timezone: string): EpochMs {
  const offset = offsetAt(to, timezone);
  let quarter = Math.floor(to / QUARTER_MS);
  while ((quarter - 1) * QUARTER_MS > from && offsetAt((quarter - 1) * QUARTER_MS, timezone) === offset) quarter -= 1;
  return quarter * QUARTER_MS;
}

/** Returns the first instant of that calendar day in the timezone. */
export const startOfDate = (date: LocalDate, timezone: string): EpochMs => instantOf(date, '00:00', timezone);

/** Returns the instants of these calendar days in the timezone, both days included: [from, to). */
export const spanOfDates = (from: LocalDate, to: LocalDate, timezone: string): { from: EpochMs; to: EpochMs } => ({
  from: startOfDate(from, timezone),
  to: startOfDate(addDays(to, 1), timezone),
});

/** Returns the first instant of the calendar day in the timezone that contains `ms`. */
export const startOfLocalDay = (ms: EpochMs, timezone: string): EpochMs =>
  startOfDate(localDate(ms, timezone), timezone);

/** Returns the first instant after the calendar day in the timezone that contains `ms`. */
export const endOfLocalDay = (ms: EpochMs, timezone: string): EpochMs =>
  startOfDate(addDays(localDate(ms, timezone), 1), timezone);

/** Returns the first instant at or after `ms` when the local time is `time`, on one of `days` (absent: any). */
export function nextLocalTime(
  ms: EpochMs,
  timezone: string,
  wanted: { time: string; days?: readonly Weekday[] },
): EpochMs {
  const today = localDate(ms, timezone);
  // From yesterday (its 24:00 may still come) to the same weekday of next week.
  for (let days = -1; days <= 8; days += 1) {
    const date = addDays(today, days);
    if (wanted.days && !wanted.days.includes(weekdayOf(date))) continue;
    const at = instantOf(date, wanted.time, timezone);
    if (at >= ms) return at;
  }
  throw new RangeError('no weekday to choose from');
}
