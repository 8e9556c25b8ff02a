import { Temporal } from 'temporal-polyfill';
import type { EpochMs } from '../ids.ts';

/** `YYYY-MM-DD`. */
export type LocalDate = string;

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const known = new Map<string, boolean>();

/** Whether this is an IANA timezone that the runtime knows. */
export function isTimezone(name: string): boolean {
  let is = known.get(name);
  if (is === undefined) {
    try {
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
      is = /^[A-Za-z]/.test(name);
    } catch {
      is = false;
    }
    if (known.size < 1_000) known.set(name, is);
  }
  return is;
}

const zoned = (at: EpochMs, timezone: string) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);

export const localDate = (at: EpochMs, timezone: string): LocalDate => zoned(at, timezone).toPlainDate().toString();

export const weekdayOf = (date: LocalDate): Weekday => WEEKDAYS[Temporal.PlainDate.from(date).dayOfWeek - 1] ?? 'mon';

/** Calendar days later (or earlier). */
export const addDays = (date: LocalDate, days: number): LocalDate => Temporal.PlainDate.from(date).add({ days }).toString();

/** Calendar days from `from` to `to`. */
export const daysBetween = (from: LocalDate, to: LocalDate): number => Temporal.PlainDate.from(from).until(to).days;

/** The instant of a local time `HH:mm`. One that daylight saving skips is the next that exists; one that comes twice is its first. */
export function instantOf(date: LocalDate, time: string, timezone: string): EpochMs {
  const wanted = Temporal.PlainDateTime.from(`${date}T${time}`);
  const found = wanted.toZonedDateTime(timezone, { disambiguation: 'compatible' });
  if (found.toPlainDateTime().equals(wanted)) return found.epochMilliseconds;
  const before = wanted.toZonedDateTime(timezone, { disambiguation: 'earlier' });
  return (before.getTimeZoneTransition('next') ?? found).epochMilliseconds;
}

/** The first instant of the local day that `at` lies in. */
export const startOfLocalDay = (at: EpochMs, timezone: string): EpochMs => startOfDate(localDate(at, timezone), timezone);

export const startOfDate = (date: LocalDate, timezone: string): EpochMs =>
  Temporal.PlainDate.from(date).toZonedDateTime(timezone).startOfDay().epochMilliseconds;

/** The first instant ≥ `at` with that local time, on one of the days where given. */
export function nextLocalTime(at: EpochMs, timezone: string, when: { time: string; days?: readonly Weekday[] }): EpochMs {
  let date = localDate(at, timezone);
  for (let ahead = 0; ahead <= 8; ahead += 1) {
    const instant = instantOf(date, when.time, timezone);
    if (instant >= at && (when.days === undefined || when.days.includes(weekdayOf(date)))) return instant;
    date = addDays(date, 1);
  }
  throw new Error('days must name at least one weekday');
}

/** The anniversary of a date in a year; 29 February is 28 in other years. */
export function anniversaryIn(date: LocalDate, year: number): LocalDate {
  const { month, day } = Temporal.PlainDate.from(date);
  return Temporal.PlainDate.from({ year, month, day }, { overflow: 'constrain' }).toString();
}

export const yearOf = (date: LocalDate): number => Number(date.slice(0, 4));

/** The next anniversary on or after `today`. */
export function nextAnniversary(date: LocalDate, today: LocalDate): LocalDate {
  const here = anniversaryIn(date, yearOf(today));
  return here >= today ? here : anniversaryIn(date, yearOf(today) + 1);
}

/** A calendar date that exists, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}
