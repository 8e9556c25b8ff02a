import type { EpochMs } from '../ids.ts';
import { isDate, type LocalDate } from './calendar.ts';
import { parseInstant } from './instant.ts';
import { localDate } from './local.ts';

/** A calendar date, the same everywhere, or an instant. */
export type DateValue = { date: LocalDate } | { instant: EpochMs };

/** Year, month and day as people and their other systems write them. */
const DATES = [
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/,
  /^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?$/,
  /^(\d{4})(\d\d)(\d\d)$/,
];

/**
 * `2026-11-30`, also as `2026/11/30`, `2026.1.5`, `2026年1月5日` or `20260105`, or an ISO 8601 instant; undefined: the value is no date.
 * Waits, date entries and the conditions that ask for the age of a date read alike.
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

/** The calendar date that it is there. */
export const dateThere = (value: DateValue, timezone: string): LocalDate =>
  'date' in value ? value.date : localDate(value.instant, timezone);
