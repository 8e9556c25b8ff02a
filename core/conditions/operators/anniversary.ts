import { addDays, daysBetween, nextAnniversary } from '../../time/calendar.ts';
import { dateInZone, dateValue } from '../../time/date-value.ts';
import { DurationSchema, durationMs } from '../../time/duration.ts';
import { localDate, startOfDate } from '../../time/local.ts';
import { DAY_MS } from '../../time/units.ts';
import { FALSE, turning } from '../evaluation.ts';
import type { ElementOperator } from './operator.ts';

/** Beyond this, the days of one anniversary would overlap with those of the next. */
const MAX_DAYS = 360;

/** The anniversary is today or at most this many calendar days ahead, in the customer's timezone; changes at local midnight. */
export const anniversaryWithin: ElementOperator = {
  over: 'element',
  schema: DurationSchema.refine(isDays, `must be whole days, at most "${MAX_DAYS}d"`),
  relative: true,
  evaluate(value, operand, { now, timezone }) {
    const found = dateValue(value);
    if (found === undefined || typeof operand !== 'string') return FALSE;
    const date = dateInZone(found, timezone);
    const today = localDate(now, timezone);
    const next = nextAnniversary(date, today);
    const days = durationMs(operand) / DAY_MS;
    const near = daysBetween(today, next) <= days;
    const turns = near ? addDays(next, 1) : addDays(next, -days);
    return turning(near, startOfDate(turns, timezone), now);
  },
};

function isDays(text: string): boolean {
  try {
    const days = durationMs(text) / DAY_MS;
    return Number.isInteger(days) && days <= MAX_DAYS;
  } catch {
    return false;
  }
}
