import type { World } from '../conditions/world.ts';
import type { EpochMs } from '../ids.ts';
import { parseInstant } from '../time/instant.ts';
import {
  addDays,
  anniversaryIn,
  instantOf,
  isDate,
  type LocalDate,
  localDate,
  WEEKDAYS,
  weekdayOf,
  yearOf,
} from '../time/local.ts';
import type { Entry } from './schema.ts';
import { offsetDays } from './until.ts';

/** Entries that a customer's calendar brings, without any event. */
export type TimedEntry = Extract<Entry, { date: unknown } | { schedule: unknown }>;
type DateEntry = Extract<Entry, { date: unknown }>['date'];
type Schedule = Extract<Entry, { schedule: unknown }>['schedule'];

export const isTimed = (entry: Entry): entry is TimedEntry => 'date' in entry || 'schedule' in entry;

/** An instant at which a timed entry lets a customer in. */
export interface TimedInstant {
  at: EpochMs;
  /** The run's key: the year of a yearly date, so that one enters once a year; else empty. */
  key: string;
}

type Person = Pick<World, 'timezone' | 'trait'>;

/** Every schedule has a day within so many (the 31st may be two months off). */
const FARTHEST_DAYS = 70;

/** The instants in (after, until], in order. None where the trait is missing or no date. */
export const timedInstants = (entry: TimedEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] =>
  around(entry, person, after, until).filter(({ at }) => at > after && at <= until);

/** The first instant after `after`; undefined: none. */
export const nextTimedInstant = (entry: TimedEntry, person: Person, after: EpochMs): TimedInstant | undefined =>
  around(entry, person, after, after).find(({ at }) => at > after);

const around = (entry: TimedEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] =>
  'date' in entry
    ? anniversaries(entry.date, person, after, until)
    : scheduled(entry.schedule, person, after, until).map((at) => ({ at, key: '' }));

/** Of the years about the two instants: an offset is at most 999 days. */
function anniversaries(entry: DateEntry, { timezone, trait }: Person, after: EpochMs, until: EpochMs): TimedInstant[] {
  const date = dateOf(trait(entry.trait), timezone);
  if (date === undefined) return [];
  const days = offsetDays(entry.offset ?? '0d');
  const instant = (on: LocalDate) => instantOf(addDays(on, days), entry.time ?? '00:00', timezone);
  if (entry.every === undefined) return [{ at: instant(date), key: '' }];
  const first = Math.max(yearOf(date), yearOf(localDate(after, timezone)) - 3);
  const last = yearOf(localDate(until, timezone)) + 4;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).map((year) => ({
    at: instant(anniversaryIn(date, year)),
    key: String(year),
  }));
}

/** From the day before `after`, or the schedule's first, to two months behind it or `until`. */
function scheduled(schedule: Schedule, person: Person, after: EpochMs, until: EpochMs): EpochMs[] {
  const timezone =
    schedule.timezone === undefined || schedule.timezone === 'customer' ? person.timezone : schedule.timezone;
  const first = latest(addDays(localDate(after, timezone), -1), schedule.from);
  const last = addDays(latest(localDate(until, timezone), schedule.from), FARTHEST_DAYS);
  const instants: EpochMs[] = [];
  for (let date = first; date <= last; date = addDays(date, 1)) {
    if (schedule.until !== undefined && date > schedule.until) break;
    if (isDay(schedule, date)) instants.push(instantOf(date, schedule.time, timezone));
  }
  return instants;
}

const latest = (date: LocalDate, other: LocalDate = date): LocalDate => (date > other ? date : other);

/** Without `days`: every day, Mondays, the first of the month. */
function isDay({ every, days }: Schedule, date: LocalDate): boolean {
  if (every === 'day') return days === undefined || days.includes(weekdayOf(date));
  if (every === 'week') return days === undefined ? weekdayOf(date) === WEEKDAYS[0] : days.includes(weekdayOf(date));
  const isLast = addDays(date, 1).endsWith('-01');
  return (days ?? [1]).some((day) => (day === 'last' ? isLast : day === Number(date.slice(8))));
}

/** A calendar date, or the local date of an instant. */
function dateOf(value: unknown, timezone: string): LocalDate | undefined {
  if (typeof value !== 'string') return undefined;
  if (isDate(value)) return value;
  const instant = parseInstant(value);
  return instant === undefined ? undefined : localDate(instant, timezone);
}
