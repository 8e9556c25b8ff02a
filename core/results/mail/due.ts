import type { EpochMs } from '../../ids.ts';
import { addDays, type LocalDate, WEEKDAYS, weekdayOf } from '../../time/calendar.ts';
import { instantOf, localDate } from '../../time/local.ts';
import type { Period, Subscription } from './subscription.ts';

/** A mail that is due: since when, and the first and last day that it reports. */
export interface Due {
  at: EpochMs;
  from: LocalDate;
  to: LocalDate;
}

/**
 * Returns the newest mail that is due at `now`: each day about the day before, each Monday about the seven days before, on each first of a month about
 * the month before.
 */
export function newestDue({ every, time }: Pick<Subscription, 'every' | 'time'>, now: EpochMs, timezone: string): Due {
  const thisOne = startOfPeriod(localDate(now, timezone), every);
  const begun = instantOf(thisOne, time, timezone) <= now ? thisOne : startOfPeriod(addDays(thisOne, -1), every);
  const to = addDays(begun, -1);
  return { at: instantOf(begun, time, timezone), from: startOfPeriod(to, every), to };
}

/** Returns the first instant after `now` at which a mail is due. */
export function nextDue(
  { every, time }: Pick<Subscription, 'every' | 'time'>,
  now: EpochMs,
  timezone: string,
): EpochMs {
  const thisOne = startOfPeriod(localDate(now, timezone), every);
  const at = instantOf(thisOne, time, timezone);
  return at > now ? at : instantOf(startOfPeriod(addDays(thisOne, PERIOD_DAYS[every]), every), time, timezone);
}

/** From a period's first day, so many days later is within the next one. */
const PERIOD_DAYS: Record<Period, number> = { day: 1, week: 7, month: 31 };

/** The first day of the period that contains the day. */
function startOfPeriod(day: LocalDate, every: Period): LocalDate {
  if (every === 'week') return addDays(day, -WEEKDAYS.indexOf(weekdayOf(day)));
  return every === 'month' ? `${day.slice(0, 8)}01` : day;
}
