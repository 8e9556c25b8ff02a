import type { EpochMs } from '../ids.ts';
import { addDays, daysBetween, type LocalDate } from '../time/calendar.ts';
import { clockChangeBetween, offsetAt, startOfDate } from '../time/local.ts';

/** From `since` on, clocks are `offsetMs` ahead of UTC. */
export interface ClockSegment {
  since: EpochMs;
  offsetMs: number;
}

/** How a timezone's clocks go between two of its days, inclusive: one segment, and one more for each time they are changed. */
export function clockSegments(from: LocalDate, to: LocalDate, timezone: string): ClockSegment[] {
  const segment = (since: EpochMs): ClockSegment => ({ since, offsetMs: offsetAt(since, timezone) });
  const segments = [segment(startOfDate(from, timezone))];
  for (let day = 0; day <= daysBetween(from, to); day += 1) {
    const [start, end] = [startOfDate(addDays(from, day), timezone), startOfDate(addDays(from, day + 1), timezone)];
    const changed = clockChangeBetween(start, end, timezone);
    if (changed !== undefined) segments.push(segment(changed));
  }
  return segments;
}
