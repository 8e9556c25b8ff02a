import { addDays, type LocalDate } from '../../time/calendar.ts';
import type { Calendar } from '../calendar.ts';

/**
 * Official holidays and make-up workdays of mainland China. Source: the State Council's yearly notice on the arrangement of holidays
 * (国务院办公厅关于部分节假日安排的通知, published on www.gov.cn some weeks before the year begins), as the packages chinese-days 1.5.7 and
 * holiday-calendar 1.3.3 have it, which agree on every date of 2026. To add a year, add its notice here; until then, `PUT /v1/calendars/cn`.
 */
const SPANS: [LocalDate, LocalDate][] = [
  // 2026: New Year, Spring Festival, Qingming, Labour Day, Dragon Boat, Mid-Autumn, National Day.
  ['2026-01-01', '2026-01-03'],
  ['2026-02-15', '2026-02-23'],
  ['2026-04-04', '2026-04-06'],
  ['2026-05-01', '2026-05-05'],
  ['2026-06-19', '2026-06-21'],
  ['2026-09-25', '2026-09-27'],
  ['2026-10-01', '2026-10-07'],
];
const WORKDAYS: LocalDate[] = ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'];

function datesOf([from, to]: [LocalDate, LocalDate]): LocalDate[] {
  const dates: LocalDate[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

export const CN: Calendar = { holidays: SPANS.flatMap(datesOf), workdays: WORKDAYS };
