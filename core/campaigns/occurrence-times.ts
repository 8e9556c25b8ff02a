import type { EpochMs } from '../ids.ts';
import { addDays, FIRST_ZONE, instantOf, LAST_ZONE, type LocalDate, localDate } from '../time/local.ts';
import { type Schedule, scheduledDates } from '../time/schedule.ts';

/** `at` of a campaign that has a time: once (`time` is `2026-11-30T10:00`), or recurring. */
export type OccurrenceTimes = { time: string; timezone?: string | undefined } | Schedule;

/** One sending of a campaign. Its date names it: in every timezone it is the same. */
export interface OccurrenceTime {
  date: LocalDate;
  /** Its first instant. For the timezone `customer`, that in the zone that is farthest ahead of UTC. */
  at: EpochMs;
}

/** Returns the first occurrence whose first instant is after `after`; undefined: there is none any more. */
export function nextOccurrence(times: OccurrenceTimes, after: EpochMs): OccurrenceTime | undefined {
  for (const date of datesFrom(times, addDays(firstDate(times, after), -1))) {
    const at = firstInstant(times, date);
    if (at > after) return { date, at };
  }
  return undefined;
}

/**
 * Returns the newest occurrence that has begun in some timezone and not in all, if there is one: who is published meanwhile has customers whose time
 * has passed (`late`), and others. One in a fixed timezone begins everywhere at once.
 */
export function occurrenceUnderWay(times: OccurrenceTimes, now: EpochMs): OccurrenceTime | undefined {
  let newest: OccurrenceTime | undefined;
  // Its last instant is 26 hours after its first, so it is of one of the last three dates there.
  for (const date of datesFrom(times, addDays(firstDate(times, now), -2))) {
    const at = firstInstant(times, date);
    if (at > now) break;
    if (lastInstant(times, date) > now) newest = { date, at };
  }
  return newest;
}

/** Returns the first occurrence of a version that is published at `published`: one under way has customers who are late, and others. */
export const firstOccurrence = (times: OccurrenceTimes, published: EpochMs): OccurrenceTime | undefined =>
  occurrenceUnderWay(times, published) ?? nextOccurrence(times, published - 1);

/** Returns the occurrences whose first instant is in [from, to], soonest first, at most `limit`. */
export function occurrencesWithin(
  times: OccurrenceTimes,
  { from, to }: { from: EpochMs; to: EpochMs },
  limit: number,
): OccurrenceTime[] {
  const found: OccurrenceTime[] = [];
  for (let next = nextOccurrence(times, from - 1); next !== undefined && next.at <= to; ) {
    if (found.length >= limit) break;
    found.push(next);
    next = nextOccurrence(times, next.at);
  }
  return found;
}

/** Returns the instant of an occurrence for a customer in this timezone. Other than with `customer`, it is the same for all. */
export const instantInZone = (times: OccurrenceTimes, date: LocalDate, customerZone: string): EpochMs =>
  instantOf(date, timeOf(times), fixedZone(times) ?? customerZone);

/** No customer's instant is before it. */
const firstInstant = (times: OccurrenceTimes, date: LocalDate): EpochMs => instantInZone(times, date, FIRST_ZONE);

/** Returns the instant of the occurrence in the timezone that is farthest behind UTC: no customer's is after it. */
export const lastInstant = (times: OccurrenceTimes, date: LocalDate): EpochMs => instantInZone(times, date, LAST_ZONE);

const fixedZone = ({ timezone }: OccurrenceTimes): string | undefined =>
  timezone === 'customer' ? undefined : timezone;
const timeOf = ({ time }: OccurrenceTimes): string => time.slice(-5);
const firstDate = (times: OccurrenceTimes, at: EpochMs): LocalDate => localDate(at, fixedZone(times) ?? FIRST_ZONE);

/** Dates from `first` to the first one more than a day later, at least. */
const datesFrom = (times: OccurrenceTimes, first: LocalDate): Iterable<LocalDate> =>
  'every' in times ? scheduledDates(times, first, addDays(first, 2)) : [times.time.slice(0, 10)];
