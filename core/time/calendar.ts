import { parseInstant } from './instant.ts';
import { DAY_MS } from './units.ts';

/** A day of the Gregorian calendar, `YYYY-MM-DD`, in no particular timezone. */
export type LocalDate = string;

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A calendar date that exists. */
export const isDate = (text: string): boolean => text.length === 10 && parseInstant(text) !== undefined;

/** Returns the days since 1970-01-01. @throws RangeError if the text is no date */
export function dayNumber(date: LocalDate): number {
  const ms = isDate(date) ? parseInstant(date) : undefined;
  if (ms === undefined) throw new RangeError(`not a date: ${date}`);
  return ms / DAY_MS;
}

const FIRST_DAY = dayNumber('0000-01-01');
const LAST_DAY = dayNumber('9999-12-31');

/** Days beyond four digits of a year become the first or last such day: customers send `9999-12-31` for "never", and calculating with it must not fail. */
export const dateOfDay = (day: number): LocalDate =>
  new Date(Math.min(LAST_DAY, Math.max(FIRST_DAY, day)) * DAY_MS).toISOString().slice(0, 10);

/** Calendar days later (or earlier), within the years 0000 to 9999. */
export const addDays = (date: LocalDate, days: number): LocalDate => dateOfDay(dayNumber(date) + days);

/** Calendar days from `from` to `to`. */
export const daysBetween = (from: LocalDate, to: LocalDate): number => dayNumber(to) - dayNumber(from);

export function weekdayOf(date: LocalDate): Weekday {
  // Day 0 was a Thursday; the index is within 0 … 6.
  return WEEKDAYS[(((dayNumber(date) + 3) % 7) + 7) % 7] as Weekday;
}

export const yearOf = (date: LocalDate): number => Number(date.slice(0, 4));

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Returns the anniversary of `date` in `year`; that of 29 February is the 28th in other than leap years. */
export function anniversaryIn(date: LocalDate, year: number): LocalDate {
  const monthDay = date.slice(5);
  const kept = monthDay === '02-29' && !isLeap(year) ? '02-28' : monthDay;
  return `${String(year).padStart(4, '0')}-${kept}`;
}

/** The first anniversary of `date` on or after `today`. */
export function nextAnniversary(date: LocalDate, today: LocalDate): LocalDate {
  const here = anniversaryIn(date, yearOf(today));
  return here >= today ? here : anniversaryIn(date, yearOf(today) + 1);
}
