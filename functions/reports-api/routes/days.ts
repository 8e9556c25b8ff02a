import * as z from 'zod';
import type { EpochMs } from '../../../core/ids.ts';
import { addDays, daysBetween, isDate, type LocalDate } from '../../../core/time/calendar.ts';
import { parseInstant } from '../../../core/time/instant.ts';
import { localDate } from '../../../core/time/local.ts';
import { invalidAt } from '../../../engine/errors.ts';

export const DaySchema = z
  .string()
  .max(40)
  .refine((text) => parseInstant(text) !== undefined, 'must be a date or an instant')
  .meta({ format: 'date' });

/** `from` and `to` of a report. */
export const SPAN = {
  from: DaySchema.optional().describe('first day, in the settings’ timezone; by default the last 30 days are reported'),
  to: DaySchema.optional().describe('last day; by default today'),
};

const MAX_DAYS = 400;
const DEFAULT_DAYS = 30;

/** Days of the settings' timezone, both inclusive. */
export interface Days {
  /** Absent: the request does not say. */
  asked: LocalDate | undefined;
  from: LocalDate;
  to: LocalDate;
  /** The earliest day that a report to the same day may begin with. */
  earliest: LocalDate;
}

/** An instant stands for the day in which it lies. */
export function daysOf(
  query: { from?: string | undefined; to?: string | undefined },
  timezone: string,
  now: EpochMs,
  at: '/query' | '' = '/query',
): Days {
  const to = dayIn(query.to, timezone) ?? localDate(now, timezone);
  const asked = dayIn(query.from, timezone);
  const from = asked ?? addDays(to, 1 - DEFAULT_DAYS);
  if (from > to) throw invalidAt(`${at}/from`, 'must not be after `to`');
  if (daysBetween(from, to) >= MAX_DAYS)
    throw invalidAt(`${at}/from`, `must be at most ${MAX_DAYS} days before the end of \`to\``);
  return { asked, from, to, earliest: addDays(to, 1 - MAX_DAYS) };
}

function dayIn(text: string | undefined, timezone: string): LocalDate | undefined {
  if (text === undefined || isDate(text)) return text;
  const at = parseInstant(text);
  return at === undefined ? undefined : localDate(at, timezone);
}
