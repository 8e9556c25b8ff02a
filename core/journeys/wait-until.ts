import * as z from 'zod';
import { PathSchema, traitValues } from '../conditions/comparison.ts';
import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import { elementsOf, valuesAt } from '../conditions/paths.ts';
import { keyedUnion, typedUnion } from '../definitions/keyed-union.ts';
import type { EpochMs } from '../ids.ts';
import { dateInstant, occurrenceInstant, offsetDays } from '../time/date-instant.ts';
import { dateValue } from '../time/date-value.ts';
import { DurationSchema, durationMs } from '../time/duration.ts';
import { addDays, localDate, nextLocalTime } from '../time/local.ts';
import { DaySchema, TimeSchema } from '../time/local-schemas.ts';
import { periodOf } from '../time/recurrence.ts';
import type { NodeExit, Walk } from './nodes/node-walk.ts';

export const EverySchema = z.enum(['year', 'month'], { error: 'must be "year" or "month"' });
/** Calendar days: `"-7d"`, `"3d"`. */
const CALENDAR_DAYS = 'must be calendar days such as "-7d" or "3d"';
export const OffsetSchema = z.string(CALENDAR_DAYS).regex(/^-?\d{1,3}d$/, CALENDAR_DAYS);
/** Calendar days, or hours. */
const DAYS_OR_HOURS = 'must be calendar days such as "-7d", or hours such as "-2h"';
const DaysOrHoursSchema = z.string(DAYS_OR_HOURS).regex(/^-?\d{1,3}[dh]$/, DAYS_OR_HOURS);

const dated = {
  offset: DaysOrHoursSchema.optional(),
  time: TimeSchema.optional(),
  every: EverySchema.optional(),
  /** Next node if there is no date; absent: the run goes on at once. */
  onMissing: z.string().min(1).optional(),
};
/** A date of the profile or the run. */
const UNTIL_SHAPES = {
  sinceEntry: z.strictObject({ sinceEntry: DurationSchema }),
  trait: z.strictObject({ trait: PathSchema, ...dated }),
  data: z.strictObject({ data: PathSchema, ...dated }),
  time: z.strictObject({ time: TimeSchema, days: z.array(DaySchema).min(1).max(7).optional() }),
};
/** Instant until which a stop rests; if it has passed, the run goes on at once. */
export type Until = {
  [Kind in keyof typeof UNTIL_SHAPES]: z.infer<(typeof UNTIL_SHAPES)[Kind]>;
}[keyof typeof UNTIL_SHAPES];
export const UntilSchema: z.ZodType<Until> = keyedUnion<Until>(
  UNTIL_SHAPES,
  'an instant such as {"time": "10:00", "days": ["mon"]}, {"sinceEntry": "72h"} or {"trait": "renewsOn", "offset": "-3d"}',
  { refused: { event: 'a wait ends by the clock: an event is waited for by a node of type wait-for' } },
);
type Dated = Extract<Until, { trait: string } | { data: string }>;
const isDated = (until: Until): until is Dated => 'trait' in until || 'data' in until;

/** How long a stop rests: a duration from `Walk.at`, or until an instant. */
export const RestSchema: z.ZodType<Rest> = typedUnion<Rest>(
  { string: DurationSchema, object: UntilSchema },
  'must be a duration such as "24h", or an instant such as {"time": "10:00"}',
);
export type Rest = string | Until;

/**
 * Returns whether time certainly passes between two visits of a stop with this rest. This does not hold for an instant that may have passed
 * (`sinceEntry`, a date that the customer may not have): a loop of such stops alone would never rest.
 */
export const takesTime = (rest: Rest): boolean =>
  typeof rest === 'string' ? durationMs(rest) > 0 : 'time' in rest && !isDated(rest);

/** Returns the exit of a stop without a date, with its pointer below the rest. */
export const missingExit = (rest: Rest | undefined, path: string): NodeExit[] =>
  rest === undefined || typeof rest === 'string' || !isDated(rest) || rest.onMissing === undefined
    ? []
    : [{ path: `${path}/onMissing`, node: rest.onMissing, isOnArrival: true }];

/** A rest until a date of the customer: if the trait changes, the instant does too. */
type OfTrait = Extract<Until, { trait: string }>;
export const isOfTrait = (rest: Rest | undefined): rest is OfTrait => typeof rest === 'object' && 'trait' in rest;

/** A rest until a local time: if the customer's timezone changes, the instant does too. */
type OfTime = Exclude<Extract<Until, { time: string }>, Dated>;
export const isOfTime = (rest: Rest | undefined): rest is OfTime =>
  typeof rest === 'object' && 'time' in rest && !isDated(rest);

/** Instant until which a stop rests; or, if the date is missing, a warning and the next node. */
export type RestInstant = { until: EpochMs; warning?: string } | { onMissing: string; warning: string };

/** Returns the instant until which the stop rests. A local time that is exactly now ends the rest at once, but not for a run that comes again. */
export async function restUntil(rest: Rest, walk: Pick<Walk, 'id' | 'run' | 'at' | 'context'>): Promise<RestInstant> {
  if (typeof rest === 'string') return { until: walk.at + durationMs(rest) };
  if ('sinceEntry' in rest) return { until: walk.run.at + durationMs(rest.sinceEntry) };
  const comesAgain = (walk.run.visits[walk.id]?.count ?? 1) > 1;
  const from = comesAgain ? walk.at + 1 : walk.at;
  const context = await walk.context();
  if (!isDated(rest)) return { until: nextLocalTime(from, context.timezone, rest) };
  const until = datedInstant(rest, from, context);
  if (until !== undefined) return { until };
  const warning = `${'trait' in rest ? `the trait ${rest.trait}` : rest.data} is missing, or no date`;
  return rest.onMissing === undefined ? { until: from, warning } : { onMissing: rest.onMissing, warning };
}

/**
 * Returns the new end of a rest that began at `walk.at` and was planned until `planned`, by the present profile. For a recurring date or a local time
 * it is the next occurrence: an earlier one has passed. The same profile gives the same instant at any time.
 */
export async function followedUntil(
  rest: OfTrait | OfTime,
  planned: EpochMs,
  now: EpochMs,
  walk: Pick<Walk, 'id' | 'run' | 'at' | 'context'>,
): Promise<RestInstant> {
  if (isOfTime(rest)) {
    const { timezone } = await walk.context();
    const isStill = nextLocalTime(planned, timezone, rest) === planned;
    return { until: isStill ? planned : nextLocalTime(Math.min(now, planned), timezone, rest) };
  }
  const found = await restUntil(rest, walk);
  const from = Math.min(now, planned);
  if (rest.every === undefined || !('until' in found) || found.until === planned || found.until >= from) return found;
  const until = datedInstant(rest, from, await walk.context());
  return until === undefined ? found : { until };
}

function datedInstant(
  until: Dated,
  at: EpochMs,
  context: Pick<EvaluationContext, 'timezone' | 'trait' | 'data'>,
): EpochMs | undefined {
  const values = 'trait' in until ? traitValues(until.trait, context) : valuesAt(context.data, until.data);
  const value = elementsOf(values)
    .map(dateValue)
    .find((one) => one !== undefined);
  if (value === undefined) return undefined;
  const { every } = until;
  if (every === undefined) return dateInstant(value, until, context.timezone);
  // Because of the offset, the occurrence of this period may have passed already, and that of the period before may still come.
  const period = periodOf(addDays(localDate(at, context.timezone), -offsetDays(until.offset)), every);
  return [-1, 0, 1, 2]
    .map((ahead) => occurrenceInstant(value, { ...until, every }, period + ahead, context.timezone))
    .find((instant) => instant >= at);
}
