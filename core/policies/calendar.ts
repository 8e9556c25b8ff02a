import * as z from 'zod';
import { isDate, yearOf } from '../time/calendar.ts';

/** More than 20 years of any country's holidays. */
const MAX_DATES = 1_000;
const DateSchema = z.string().refine(isDate, 'must be a date that exists, such as "2026-10-01"');
const DatesSchema = z
  .array(DateSchema)
  .max(MAX_DATES)
  .superRefine((dates, context) => {
    for (const [index, date] of dates.entries())
      if (dates.indexOf(date) < index)
        context.addIssue({ code: 'custom', path: [index], message: `${date} is there twice` });
  });

/** Public holidays, and the days on which people work in their place, as `/v1/calendars` takes them. */
export const CalendarSchema = z
  .strictObject({
    holidays: DatesSchema.default([]).describe('closed, whatever their weekday'),
    workdays: DatesSchema.default([]).describe('open, whatever their weekday'),
  })
  .superRefine(({ holidays, workdays }, context) => {
    for (const [index, date] of workdays.entries())
      if (holidays.includes(date))
        context.addIssue({ code: 'custom', path: ['workdays', index], message: `${date} is a holiday, too` });
  });
export type Calendar = z.infer<typeof CalendarSchema>;

/** A calendar knows the years in which it has a date. In others, only weekdays count. */
export const coversYear = ({ holidays, workdays }: Calendar, year: number): boolean =>
  [...holidays, ...workdays].some((one) => yearOf(one) === year);

/** Covers no year. */
export const NO_CALENDAR: Calendar = { holidays: [], workdays: [] };
