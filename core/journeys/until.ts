import * as z from 'zod';
import type { World } from '../conditions/world.ts';
import type { EpochMs } from '../ids.ts';
import { DurationSchema, durationMs } from '../time/duration.ts';
import { parseInstant } from '../time/instant.ts';
import { addDays, instantOf, isDate, localDate, nextAnniversary, nextLocalTime } from '../time/local.ts';
import type { Walk } from './nodes/node-type.ts';

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

/** How long a stop rests: a duration from `Walk.at`, or until an instant. */
export const RestSchema = z.union([DurationSchema, UntilSchema], { error: 'must be a duration or an `until`' });
export type Rest = z.infer<typeof RestSchema>;

/**
 * Whether time surely passes between two comings to a stop that rests so. Not of an instant that may be past already (`sinceEntry`, a date,
 * a date that the customer may not have): a circle of such stops alone would turn as fast as it can.
 */
export const takesTime = (rest: Rest): boolean =>
  typeof rest === 'string' ? durationMs(rest) > 0 : 'time' in rest && !('trait' in rest);

/** The instant until which the stop at hand rests. A local time that strikes just now is met at once, but not by a run that comes again. */
export async function restUntil(rest: Rest, walk: Pick<Walk, 'id' | 'run' | 'at' | 'world'>): Promise<EpochMs> {
  if (typeof rest === 'string') return walk.at + durationMs(rest);
  const comesAgain = (walk.run.visits[walk.id]?.count ?? 1) > 1;
  const from = comesAgain ? walk.at + 1 : walk.at;
  return untilInstant(rest, walk.run.at, from, 'sinceEntry' in rest ? undefined : await walk.world());
}

/** The instant, counted from the entry or from `at` on. A trait that is missing or no date is past. */
function untilInstant(
  until: Until,
  entry: EpochMs,
  at: EpochMs,
  world: Pick<World, 'timezone' | 'trait'> | undefined,
): EpochMs {
  if ('sinceEntry' in until) return entry + durationMs(until.sinceEntry);
  if (world === undefined) return at;
  if ('trait' in until) return dateInstant(until, at, world);
  return nextLocalTime(at, world.timezone, until);
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
