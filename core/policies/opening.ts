import type { Hours, OpenWindow } from '../definitions/window.ts';
import type { EpochMs } from '../ids.ts';
import {
  addDays,
  clockChangeBetween,
  instantOf,
  instantsOf,
  type LocalDate,
  localDate,
  localTime,
  startOfDate,
  weekdayOf,
  yearOf,
} from '../time/local.ts';
import { type Calendar, coversYear } from './calendar.ts';

/** A marketing message must wait for these: a window, and the hours that no window can widen. */
export interface Limits {
  window?: OpenWindow | undefined;
  /** The calendar that the window names. */
  calendar?: Calendar | undefined;
  /** Hours of the country; where there are several, all must be open. */
  floors?: readonly Hours[];
}

export type Opening = (
  | { open: true }
  /** The window is closed, and it skips rather than defers. */
  | { skip: true }
  | { at: EpochMs; why: 'outside-window' | 'country-hours' }
  /** Not within `MAX_DAYS`. */
  | { never: true; why: 'outside-window' | 'country-hours' }
) & {
  /** The calendar has nothing for the year of the sending, so that only weekdays counted. */
  uncovered?: true;
};

/** A window that opens later than this never opens: a year's holidays are over by then. */
const MAX_DAYS = 400;

/** Returns whether a message may leave, else the first instant at which window and floors are open. Pure. */
export function nextOpening(now: EpochMs, { window, calendar, floors = [] }: Limits, timezone: string): Opening {
  const ofWindow = window && { ...window, calendar };
  const isClosed = ofWindow !== undefined && !isOpen(now, ofWindow, timezone);
  const at = firstOpen(now, [...(ofWindow ? [ofWindow] : []), ...floors.map((hours) => ({ hours }))], timezone);
  const date = localDate(at ?? now, timezone);
  const uncovered = calendar !== undefined && !coversYear(calendar, yearOf(date)) ? { uncovered: true as const } : {};
  if (at === now) return { open: true, ...uncovered };
  if (isClosed && window?.otherwise === 'skip') return { skip: true, ...uncovered };
  const why = isClosed ? 'outside-window' : 'country-hours';
  return at === undefined ? { never: true, why, ...uncovered } : { at, why, ...uncovered };
}

/** Hours on some days. */
interface Schedule {
  hours: Hours;
  days?: OpenWindow['days'];
  calendar?: Calendar | undefined;
}

/** Returns the first instant at or after `now` at which all are open. */
function firstOpen(now: EpochMs, schedules: readonly Schedule[], timezone: string): EpochMs | undefined {
  if (!haveCommonTime(schedules)) return undefined;
  const last = addDays(localDate(now, timezone), MAX_DAYS);
  let at = now;
  for (;;) {
    const before = at;
    for (const schedule of schedules) {
      const next = nextOpen(at, schedule, timezone, last);
      if (next === undefined) return undefined;
      at = next;
    }
    if (at === before) return at;
  }
}

/** Whether some time of a day is in the hours of all: else 400 days would be tried for nothing. Such a time begins with some hours. */
const haveCommonTime = (schedules: readonly Schedule[]): boolean =>
  schedules.length === 0 ||
  schedules
    .flatMap(({ hours }) => hours.map(([from]) => from))
    .some((time) => schedules.every(({ hours }) => hours.some(([from, to]) => from <= time && time < to)));

/** Returns the first instant at or after `at`, on or before the date `last`, at which these hours are open. */
function nextOpen(at: EpochMs, schedule: Schedule, timezone: string, last: LocalDate): EpochMs | undefined {
  if (isOpen(at, schedule, timezone)) return at;
  for (let date = localDate(at, timezone); date <= last; date = addDays(date, 1)) {
    if (!isOpenDay(date, schedule)) continue;
    const found = opensOn(date, schedule, timezone).find((one) => one > at && isOpen(one, schedule, timezone));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Instants on a date at which closed hours may open: when the clocks show the beginning of some, and when the clocks are changed. */
function opensOn(date: LocalDate, { hours }: Schedule, timezone: string): EpochMs[] {
  const change = clockChangeBetween(startOfDate(date, timezone) - 1, startOfDate(addDays(date, 1), timezone), timezone);
  return [
    ...hours.flatMap(([from]) => instantsOf(date, from, timezone)),
    ...(change === undefined ? [] : [change]),
  ].sort((a, b) => a - b);
}

/**
 * Whether `at` lies in `[from, to)` of some hours, by the clock's face and before the instant at which `to` comes first. So the hour that comes twice in
 * autumn is open by the stricter reading: hours until 01:30 end when it is 01:30 first, and are not open at the second 01:15.
 */
function isOpen(at: EpochMs, schedule: Schedule, timezone: string): boolean {
  const date = localDate(at, timezone);
  if (!isOpenDay(date, schedule)) return false;
  const time = localTime(at, timezone);
  return schedule.hours.some(([from, to]) => from <= time && time < to && at < instantOf(date, to, timezone));
}

function isOpenDay(date: LocalDate, { days, calendar }: Schedule): boolean {
  if (calendar?.holidays.includes(date)) return false;
  if (calendar?.workdays.includes(date)) return true;
  return days === undefined || days.includes(weekdayOf(date));
}
