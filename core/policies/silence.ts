import type { EpochMs } from '../ids.ts';
import { DAY_MS, HOUR_MS } from '../time/units.ts';

const WEEK_MS = 7 * DAY_MS;

/** A whole day, so that no night is a silence. */
export const SILENT_MS = DAY_MS;
/**
 * So many in each of the days compared: fewer may all stay away by chance. Of an event that comes ten times a day on the average, one day in 22,000
 * has none.
 */
export const AT_LEAST = 10;
const DAYS = 7;
const WEEKS = 3;
/** A day that begins later than usual, after a change of the clocks too, is no silence yet. */
const LATE_MS = 6 * HOUR_MS;
/** How far back it looks: a silence is one for at most a week, and is compared with the weeks before. */
export const SEEN_MS = WEEKS * WEEK_MS + DAY_MS;

/** How often an event came in the hour that begins at this instant. */
export interface HourOfEvents {
  at: EpochMs;
  count: number;
}

export interface Silence {
  /** It came regularly, and has not come for a day. */
  isSilent: boolean;
  /** End of the last hour in which it came. */
  since?: EpochMs;
  /** When it will be silent if it does not come until then; absent: it will not. */
  next?: EpochMs;
}

/**
 * Whether an event that came regularly has stopped. Regularly: at least ten times in each of the seven days before the silence; or, for what rests at
 * weekends, at this time in each of the last three weeks. Rarer events are never silent.
 */
export function silenceOf(hours: readonly HourOfEvents[], now: EpochMs): Silence {
  const last = hours.findLast(({ count }) => count > 0);
  if (last === undefined) return { isSilent: false };
  const since = last.at + HOUR_MS;
  const isMissed = missing(hours, since);
  const next = upTo((WEEK_MS - SILENT_MS) / HOUR_MS)
    .map((hour) => since + SILENT_MS + (hour - 1) * HOUR_MS)
    .find((at) => at > now && isMissed(at));
  return { isSilent: isMissed(now), since, ...(next === undefined || isMissed(now) ? {} : { next }) };
}

/** Whether it is missed at an instant, if it has not come again. */
function missing(hours: readonly HourOfEvents[], since: EpochMs): (at: EpochMs) => boolean {
  const isBusy = (from: EpochMs, to: EpochMs) =>
    hours.reduce((sum, { at, count }) => (at >= from && at < to ? sum + count : sum), 0) >= AT_LEAST;
  const isDaily = upTo(DAYS).every((day) => isBusy(since - day * DAY_MS, since - (day - 1) * DAY_MS));
  const isWeekly = (at: EpochMs) =>
    upTo(WEEKS).every((week) => isBusy(at - week * WEEK_MS - SILENT_MS, at - week * WEEK_MS - LATE_MS));
  return (at) => at - since >= SILENT_MS && at - since < WEEK_MS && (isDaily || isWeekly(at));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
