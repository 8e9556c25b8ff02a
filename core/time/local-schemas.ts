import * as z from 'zod';
import { isDate, isTimezone, WEEKDAYS } from './local.ts';

export const DaySchema = z.enum(WEEKDAYS, { error: `must be a day: one of ${WEEKDAYS.join(', ')}` });

const A_TIME = 'must be a local time HH:mm such as "09:00"';
export const TimeSchema = z.string(A_TIME).regex(/^([01]\d|2[0-3]):[0-5]\d$/, A_TIME);

export const LocalDateSchema = z.string().refine(isDate, 'must be a date YYYY-MM-DD');

/** Each customer's own timezone, or one for all. */
export const ZoneSchema = z
  .string()
  .refine((zone) => zone === 'customer' || isTimezone(zone), 'must be "customer" or an IANA timezone');
