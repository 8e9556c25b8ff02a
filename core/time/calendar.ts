/** A day of the Gregorian calendar, `YYYY-MM-DD`, wherever it is lived. */
export type CalendarDate = string;

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const DAY_MS = 86_400_000;

/** Days since 1970-01-01. @throws RangeError where the text is no date. */
export function dayNumber(date: CalendarDate): number {
  const ms = Date.parse(`${date}T00:00:00.000Z`);
  if (Number.isNaN(ms)) throw new RangeError(`not a date: ${date}`);
  return ms / DAY_MS;
}

export const dateOfDay = (day: number): CalendarDate => new Date(day * DAY_MS).toISOString().slice(0, 10);

export const addDays = (date: CalendarDate, days: number): CalendarDate => dateOfDay(dayNumber(date) + days);

export function weekdayOf(date: CalendarDate): Weekday {
  // Day 0 was a Thursday; the index is within 0 … 6.
  return WEEKDAYS[(((dayNumber(date) + 4) % 7) + 7) % 7] as Weekday;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** The anniversary of `date` in `year`: of 29 February, the 28th in a year that has no 29th. */
export function anniversaryIn(date: CalendarDate, year: number): CalendarDate {
  const monthDay = date.slice(5);
  const kept = monthDay === '02-29' && !isLeap(year) ? '02-28' : monthDay;
  return `${String(year).padStart(4, '0')}-${kept}`;
}

/** The first anniversary of `date` on or after `from`. */
export function nextAnniversary(date: CalendarDate, from: CalendarDate): CalendarDate {
  const year = Number(from.slice(0, 4));
  const thisYear = anniversaryIn(date, year);
  return thisYear >= from ? thisYear : anniversaryIn(date, year + 1);
}
