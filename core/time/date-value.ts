import type { EpochMs } from '../ids.ts';
import { isDate, type LocalDate } from './calendar.ts';
import { parseInstant } from './instant.ts';
import { localDate } from './local.ts';

/** A calendar date, the same in every timezone, or an instant. */
export type DateValue = { date: LocalDate } | { instant: EpochMs };

/** Year, month and day as people and other systems write them. */
const DATES = [
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/,
  /^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?$/,
  /^(\d{4})(\d\d)(\d\d)$/,
];

/**
 * Parses `2026-11-30`, `2026/11/30`, `2026.1.5`, `2026年1月5日`, `20260105` or an ISO 8601 instant; undefined if the value is no date. Waits, date
 * entries and the conditions on the age of a date share this.
 */
export function dateValue(value: unknown): DateValue | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  for (const form of DATES) {
    const [, year, month = '', day = ''] = form.exec(text) ?? [];
    if (year === undefined) continue;
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    return isDate(date) ? { date } : undefined;
  }
  const instant = parseInstant(text);
  return instant === undefined ? undefined : { instant };
}

/** Returns the calendar date in the timezone. */
export const dateInZone = (value: DateValue, timezone: string): LocalDate =>
  'date' in value ? value.date : localDate(value.instant, timezone);
