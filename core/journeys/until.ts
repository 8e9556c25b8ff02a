import * as z from 'zod';
import type { World } from '../conditions/world.ts';
import type { EpochMs } from '../ids.ts';
import { DurationSchema, durationMs } from '../time/duration.ts';
import { parseInstant } from '../time/instant.ts';
import { addDays, instantOf, isDate, localDate, nextAnniversary, nextLocalTime } from '../time/local.ts';

export const DaySchema = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
export const TimeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a local time HH:mm');
/** Calendar days: `"-7d"`, `"3d"`. */
export const OffsetSchema = z.string().regex(/^-?\d{1,3}d$/, 'must be calendar days such as "-7d" or "3d"');
export const offsetDays = (offset: string): number => Number(offset.slice(0, -1));

/** An instant to rest until; one already past goes on at once. */
export const UntilSchema = z.union(
  [
    z.strictObject({ sinceEntry: DurationSchema }),
    z.strictObject({ time: TimeSchema, days: z.array(DaySchema).min(1).optional() }),
    z.strictObject({
      trait: z.string().min(1),
      offset: OffsetSchema.optional(),
      time: TimeSchema.optional(),
      every: z.literal('year').optional(),
    }),
  ],
  {
    error:
      'must be {"sinceEntry": "72h"}, {"time": "10:00", "days"?: […]} or {"trait": "…", "offset"?, "time"?, "every"?: "year"}',
  },
);
export type Until = z.infer<typeof UntilSchema>;

/** Whether the customer's own timezone or traits are needed. */
export const isPersonal = (until: Until): boolean => !('sinceEntry' in until);

/** The instant, counted from the entry or from `at`. A trait that is missing or no date is past. */
export function untilInstant(
  until: Until,
  entry: EpochMs,
  at: EpochMs,
  world: Pick<World, 'timezone' | 'trait'> | undefined,
): EpochMs {
  if ('sinceEntry' in until) return entry + durationMs(until.sinceEntry);
  if (world === undefined) return at;
  if ('time' in until && !('trait' in until))
    return nextLocalTime(at, world.timezone, { time: until.time ?? '00:00', days: until.days });
  return 'trait' in until ? dateInstant(until, at, world) : at;
}

function dateInstant(
  until: Extract<Until, { trait: string }>,
  at: EpochMs,
  { timezone, trait }: Pick<World, 'timezone' | 'trait'>,
): EpochMs {
  const value = trait(until.trait);
  if (typeof value !== 'string') return at;
  const instant = parseInstant(value);
  const date = isDate(value) ? value : instant === undefined ? undefined : localDate(instant, timezone);
  if (date === undefined) return at;
  const days = offsetDays(until.offset ?? '0d');
  const time = until.time ?? '00:00';
  if (until.every === undefined) return instantOf(addDays(date, days), time, timezone);
  // The next of the yearly instants, which may be this year's or the next one's.
  const today = localDate(at, timezone);
  for (const from of [addDays(today, -days), addDays(today, 1 - days)]) {
    const next = instantOf(addDays(nextAnniversary(date, from), days), time, timezone);
    if (next >= at) return next;
  }
  return at;
}
