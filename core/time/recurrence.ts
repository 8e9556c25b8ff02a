import { anniversaryIn, isDate, type LocalDate, yearOf } from './calendar.ts';

/** How often a date recurs. */
export type Every = 'year' | 'month';

/** Number of the year, or of the month since year 0. */
export const periodOf = (date: LocalDate, every: Every): number =>
  every === 'year' ? yearOf(date) : yearOf(date) * 12 + Number(date.slice(5, 7)) - 1;

/** `2026`, or `2026-11`. */
export function periodName(period: number, every: Every): string {
  const year = String(every === 'year' ? period : Math.floor(period / 12)).padStart(4, '0');
  return every === 'year' ? year : `${year}-${String((period % 12) + 1).padStart(2, '0')}`;
}

/** Returns the date in that year or month. In a shorter month, 29 February becomes the 28th, and the 31st the last day. */
export function occurrenceIn(date: LocalDate, every: Every, period: number): LocalDate {
  if (every === 'year') return anniversaryIn(date, period);
  const month = periodName(period, every);
  const day = [date.slice(8), '30', '29', '28'].find((one) => one <= date.slice(8) && isDate(`${month}-${one}`));
  return `${month}-${day ?? '28'}`;
}
