import type { EpochMs } from '../ids.ts';
import { isDate, type LocalDate } from './calendar.ts';
import { parseInstant } from './instant.ts';
import { localDate } from './local.ts';

/** A calendar date, the same everywhere, or an instant. */
export type DateValue = { date: LocalDate } | { instant: EpochMs };

const LOOSE_DATE = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/;

/** `2026-11-30`, also as `2026/11/30` or `2026.1.5`, or an ISO 8601 instant; undefined: the value is no date. */
export function dateValue(value: unknown): DateValue | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const [, year, month = '', day = ''] = LOOSE_DATE.exec(text) ?? [];
  if (year !== undefined) {
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    return isDate(date) ? { date } : undefined;
  }
  const instant = parseInstant(text);
  return instant === undefined ? undefined : { instant };
}

/** The calendar date that it is there. */
export const dateThere = (value: DateValue, timezone: string): LocalDate =>
  'date' in value ? value.date : localDate(value.instant, timezone);
