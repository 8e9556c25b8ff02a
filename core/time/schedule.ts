import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';
import { addDays, dateOfDay, dayNumber, type LocalDate, WEEKDAYS, weekdayOf } from './calendar.ts';
import { DaySchema, LocalDateSchema, TimeSchema, ZoneSchema } from './local-schemas.ts';

const scheduled = () => ({
  time: TimeSchema,
  /** Default: `customer`. */
  timezone: ZoneSchema.optional(),
  /** First and last day. */
  from: LocalDateSchema.optional(),
  until: LocalDateSchema.optional(),
});
const weekdays = lazySchema(() => z.array(DaySchema).min(1).optional());
const monthDays = lazySchema(() =>
  z
    .array(z.union([z.int().min(1).max(31), z.literal('last')], { error: 'must be 1 to 31, or "last"' }))
    .min(1)
    .optional(),
);

/** Days and a local time that come again: when journeys with a schedule are entered, and recurring campaigns sent. */
export const ScheduleSchema = lazySchema(() =>
  z
    .discriminatedUnion(
      'every',
      [
        z.strictObject({ every: z.enum(['day', 'week']), days: weekdays, ...scheduled() }),
        z.strictObject({ every: z.literal('month'), days: monthDays, ...scheduled() }),
      ],
      {
        error: (issue: { code?: string | undefined }) =>
          issue.code === 'invalid_type'
            ? 'must be a schedule such as {"every": "week", "days": ["mon"], "time": "09:00"}'
            : 'must be "day", "week" or "month"',
      },
    )
    .refine(({ from, until }) => from === undefined || until === undefined || from <= until, {
      path: ['until'],
      error: 'must not be before `from`',
    }),
);
export type Schedule = z.infer<typeof ScheduleSchema>;

/** Every schedule has a day within this many days, which is the case of a monthly one. */
const FARTHEST_DAYS = 35;

/** Its days from `first` on, in order; the first one after `last`, if there is one, is among them. */
export function* scheduledDates(schedule: Schedule, first: LocalDate, last: LocalDate): Generator<LocalDate> {
  const end = dayNumber(addDays(latest(last, schedule.from), FARTHEST_DAYS));
  for (let day = dayNumber(latest(first, schedule.from)); day <= end; day += 1) {
    const date = dateOfDay(day);
    if (schedule.until !== undefined && date > schedule.until) return;
    if (isDay(schedule, date)) yield date;
  }
}

const latest = (date: LocalDate, other: LocalDate = date): LocalDate => (date > other ? date : other);

/** Default `days`: every day, Mondays, the first of the month. A day beyond the end of the month means its last day. */
function isDay({ every, days }: Schedule, date: LocalDate): boolean {
  if (every === 'day') return days === undefined || days.includes(weekdayOf(date));
  if (every === 'week') return days === undefined ? weekdayOf(date) === WEEKDAYS[0] : days.includes(weekdayOf(date));
  const today = Number(date.slice(8));
  const isLast = addDays(date, 1).endsWith('-01');
  return (days ?? [1]).some((day) => day === today || (isLast && Number(day === 'last' ? 31 : day) >= today));
}
