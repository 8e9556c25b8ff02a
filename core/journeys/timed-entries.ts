import { traitValues } from '../conditions/comparison.ts';
import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import { elementsOf } from '../conditions/paths.ts';
import type { Issue } from '../definitions/definition.ts';
import type { EpochMs } from '../ids.ts';
import { dateInstant, occurrenceInstant, offsetDays } from '../time/date-instant.ts';
import { dateThere, dateValue } from '../time/date-value.ts';
import { addDays, instantOf, type LocalDate, localDate, WEEKDAYS, weekdayOf } from '../time/local.ts';
import { periodName, periodOf } from '../time/recurrence.ts';
import type { Entry, Journey } from './schema.ts';

/** Entries that a customer's calendar brings, without any event. */
export type TimedEntry = Extract<Entry, { date: unknown } | { schedule: unknown }>;
type DateEntry = Extract<Entry, { date: unknown }>['date'];
type Schedule = Extract<Entry, { schedule: unknown }>['schedule'];

export const isTimed = (entry: Entry): entry is TimedEntry => 'date' in entry || 'schedule' in entry;

/** An instant at which a timed entry lets a customer in. */
export interface TimedInstant {
  at: EpochMs;
  /** The run's key: the year or month of a date that comes again, else the date; empty of a schedule. So one enters once for each. */
  key: string;
}

type Person = Pick<EvaluationContext, 'timezone' | 'trait' | 'data'>;

/** Every schedule has a day within so many: a month's. */
const FARTHEST_DAYS = 35;

/** The instants in (after, until], in order. None where the trait is missing or no date. */
export const timedInstants = (entry: TimedEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] =>
  around(entry, person, after, until).filter(({ at }) => at > after && at <= until);

/** The first instant after `after`; undefined: none. */
export const nextTimedInstant = (entry: TimedEntry, person: Person, after: EpochMs): TimedInstant | undefined =>
  around(entry, person, after, after).find(({ at }) => at > after);

const around = (entry: TimedEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] =>
  'date' in entry
    ? occurrences(entry.date, person, after, until)
    : scheduled(entry.schedule, person, after, until).map((at) => ({ at, key: '' }));

/** Of the years or months about the two instants; never before the date itself. */
function occurrences(entry: DateEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] {
  const { timezone } = person;
  const value = elementsOf(traitValues(entry.trait, person))
    .map(dateValue)
    .find((one) => one !== undefined);
  if (value === undefined) return [];
  const { every } = entry;
  const date = dateThere(value, timezone);
  if (every === undefined) return [{ at: dateInstant(value, entry, timezone), key: date }];
  const period = (at: EpochMs) => periodOf(addDays(localDate(at, timezone), -offsetDays(entry.offset)), every);
  const first = Math.max(periodOf(date, every), period(after) - 1);
  const last = period(until) + 2;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).map((one) => ({
    at: occurrenceInstant(value, { ...entry, every }, one, timezone),
    key: periodName(one, every),
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

/** Without `days`: every day, Mondays, the first of the month. A day that the month has not is its last. */
function isDay({ every, days }: Schedule, date: LocalDate): boolean {
  if (every === 'day') return days === undefined || days.includes(weekdayOf(date));
  if (every === 'week') return days === undefined ? weekdayOf(date) === WEEKDAYS[0] : days.includes(weekdayOf(date));
  const today = Number(date.slice(8));
  const isLast = addDays(date, 1).endsWith('-01');
  return (days ?? [1]).some((day) => day === today || (isLast && Number(day === 'last' ? 31 : day) >= today));
}

/** Where the days that no customer has ended yet begin: the last zone to see a date end. */
const LAST_ZONE = 'Etc/GMT+12';

/** A warning where the schedule's last instant is past everywhere. */
export function neverAgain({ entry }: Pick<Journey, 'entry'>, now: EpochMs): Issue[] {
  if (!('schedule' in entry) || entry.schedule.until === undefined) return [];
  const person = { timezone: LAST_ZONE, trait: () => undefined, data: undefined };
  if (nextTimedInstant(entry, person, now) !== undefined) return [];
  return [{ path: '/entry/schedule/until', message: 'nobody enters any more: the last time of the schedule is past' }];
}
