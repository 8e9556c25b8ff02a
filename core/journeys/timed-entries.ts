import { traitValues } from '../conditions/comparison.ts';
import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import { elementsOf } from '../conditions/paths.ts';
import type { Issue } from '../definitions/definition.ts';
import type { EpochMs } from '../ids.ts';
import { dateInstant, occurrenceInstant, offsetDays } from '../time/date-instant.ts';
import { dateInZone, dateValue } from '../time/date-value.ts';
import { addDays, instantOf, LAST_ZONE, localDate } from '../time/local.ts';
import { periodName, periodOf } from '../time/recurrence.ts';
import { type Schedule, scheduledDates } from '../time/schedule.ts';
import type { Entry, Journey } from './schema.ts';

/** Entries by date or schedule, without an event. */
export type TimedEntry = Extract<Entry, { date: unknown } | { schedule: unknown }>;
type DateEntry = Extract<Entry, { date: unknown }>['date'];

export const isTimed = (entry: Entry): entry is TimedEntry => 'date' in entry || 'schedule' in entry;

/** An instant at which a customer enters by a timed entry. */
export interface TimedInstant {
  at: EpochMs;
  /** The run's key: the year or month of a recurring date, else the date; empty for a schedule. So a customer enters once for each. */
  key: string;
}

type Person = Pick<EvaluationContext, 'timezone' | 'trait' | 'data'>;

/** Returns the instants in (after, until], in order; none if the trait is missing or is no date. */
export const timedInstants = (entry: TimedEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] =>
  around(entry, person, after, until).filter(({ at }) => at > after && at <= until);

/** Returns the first instant after `after`, or undefined if there is none. */
export const nextTimedInstant = (entry: TimedEntry, person: Person, after: EpochMs): TimedInstant | undefined =>
  around(entry, person, after, after).find(({ at }) => at > after);

const around = (entry: TimedEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] =>
  'date' in entry
    ? occurrences(entry.date, person, after, until)
    : scheduled(entry.schedule, person, after, until).map((at) => ({ at, key: '' }));

/** Returns the occurrences in the years or months around the two instants; none is before the date itself. */
function occurrences(entry: DateEntry, person: Person, after: EpochMs, until: EpochMs): TimedInstant[] {
  const { timezone } = person;
  const value = elementsOf(traitValues(entry.trait, person))
    .map(dateValue)
    .find((one) => one !== undefined);
  if (value === undefined) return [];
  const { every } = entry;
  const date = dateInZone(value, timezone);
  if (every === undefined) return [{ at: dateInstant(value, entry, timezone), key: date }];
  const period = (at: EpochMs) => periodOf(addDays(localDate(at, timezone), -offsetDays(entry.offset)), every);
  const first = Math.max(periodOf(date, every), period(after) - 1);
  const last = period(until) + 2;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).map((one) => ({
    at: occurrenceInstant(value, { ...entry, every }, one, timezone),
    key: periodName(one, every),
  }));
}

/** Tries the days from the day before `after`. */
function scheduled(schedule: Schedule, person: Person, after: EpochMs, until: EpochMs): EpochMs[] {
  const timezone =
    schedule.timezone === undefined || schedule.timezone === 'customer' ? person.timezone : schedule.timezone;
  const dates = scheduledDates(schedule, addDays(localDate(after, timezone), -1), localDate(until, timezone));
  return [...dates].map((date) => instantOf(date, schedule.time, timezone));
}

/** Warns about a schedule whose last instant has passed in every timezone. */
export function pastScheduleWarnings({ entry }: Pick<Journey, 'entry'>, now: EpochMs): Issue[] {
  if (!('schedule' in entry) || entry.schedule.until === undefined) return [];
  const person = { timezone: LAST_ZONE, trait: () => undefined, data: undefined };
  if (nextTimedInstant(entry, person, now) !== undefined) return [];
  return [{ path: '/entry/schedule/until', message: 'nobody enters any more: the last time of the schedule is past' }];
}
