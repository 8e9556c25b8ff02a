import type { EpochMs } from '../ids.ts';
import { RECEIPTS } from '../messages/message.ts';
import { campaignScope } from '../messages/source.ts';
import { HOUR_MS } from '../time/units.ts';
import { utcDay } from '../time/utc-day.ts';
import { MOVES } from './message-events.ts';
import type { MetricEvent, Sum } from './metric-event.ts';

/**
 * A fact about a message counts on the day (UTC) on which it happened. If its row was written on another day, its counter says so: `opened@2026-11-04` in
 * the item of 2026-11-02. So what the rows recorded on one day can be compared with what was counted of it, however late it came.
 */

type Counts = Readonly<Record<string, number>>;

/** For so long, metric events of a day are counted as they come; after that, the recount counts them. Longer than a queue lags on a bad night. */
const OPEN_MS = 26 * HOUR_MS;
/** Longer than an invocation that has begun to count before may go on. */
const LAST_WRITE_MS = 15 * 60_000;
/** All scopes of campaigns begin so. */
const CAMPAIGNS = campaignScope('');
const RECORDED = /^(.*)@(\d{4}-\d\d-\d\d)$/;

/** Metrics of messages, each of which stands in the history of a row. */
const OF_ROWS: ReadonlySet<string> = new Set(['sent', 'suppressed', 'failed', ...RECEIPTS]);

/** Whether an entry of a history with this status is counted by itself. */
export const isFact = (status: string): boolean => OF_ROWS.has(status);

/**
 * Whether rows of messages say how often it was: `sent`, `suppressed:daily-cap`, `opened:machine`, `opened@2026-11-04`; and of a campaign, what its messages
 * were moved from and to. A journey's `left` is about its runs.
 */
export function isOfRows(scope: string, counter: string): boolean {
  const metric = counter.split(/[:@]/)[0] ?? '';
  return isFact(metric) || (MOVES.has(metric) && scope.startsWith(CAMPAIGNS));
}

/** The instant of a row's write beside the one at which the fact happened, if that is on another day. */
export const recordedBeside = (at: EpochMs, now: EpochMs): { recordedAt?: EpochMs } =>
  utcDay(at) === utcDay(now) ? {} : { recordedAt: now };

/** The day on which the row was written. */
export const recordedOn = ({ at, recordedAt = at }: { at: EpochMs; recordedAt?: EpochMs | undefined }): string =>
  utcDay(recordedAt);

/** The name of an event's counter in the item of the day on which it happened. */
export function recordedCounter(counter: string, event: Pick<MetricEvent, 'at' | 'recordedAt'>): string {
  const recorded = recordedOn(event);
  return recorded === utcDay(event.at) ? counter : `${counter}@${recorded}`;
}

/** The day on which what a counter counts was recorded; `day`: that of its item. */
export const recordedDayOf = (counter: string, day: string): string => RECORDED.exec(counter)?.[2] ?? day;

/** Sums up each counter, whenever it was recorded, as reports show it. */
export function sumRecordings(counts: Counts): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [counter, count] of Object.entries(counts)) {
    const name = RECORDED.exec(counter)?.[1] ?? counter;
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** Returns when the events of a day are left to the recount. */
const closesAt = (day: string): EpochMs => Date.parse(`${day}T00:00:00.000Z`) + OPEN_MS;
/** Whether nobody counts a day any more but the recount. */
export const isSettled = (day: string, now: EpochMs): boolean => closesAt(day) + LAST_WRITE_MS <= now;

/** Returns the part of a sum that is still to be counted: the recount counts the rest from the rows, or has done so. */
export function withoutClosed(sum: Sum, now: EpochMs): Sum {
  const open = Object.entries(sum.counts).filter(
    ([counter]) => !isDayOf(sum) || !isOfRows(sum.scope, counter) || now < closesAt(recordedDayOf(counter, sum.day)),
  );
  return { ...sum, counts: Object.fromEntries(open) };
}

/** Cohorts have hours, or days of a channel. */
const isDayOf = ({ day }: Sum): boolean => /^\d{4}-\d\d-\d\d$/.test(day);
