import * as z from 'zod';
import { ChannelSchema } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';
import { durationMs, durationUpTo } from '../time/duration.ts';
import { chosenUnion } from './keyed-union.ts';
import { TopicIdSchema } from './topic-id.ts';

const LONGEST_CAP = '400d';

/** Most marketing messages per person: in a calendar day of the profile's timezone, or in a sliding window. */
const MaxSchema = z.int().min(1, 'must be 1 or more');
const DailyCapSchema = lazySchema(() =>
  z.strictObject({
    max: MaxSchema,
    per: z.literal('day', { error: 'must be "day"; any other length is "within", such as "within": "7d"' }),
    topic: TopicIdSchema.optional(),
    channel: ChannelSchema.optional(),
  }),
);
const RollingCapSchema = lazySchema(() =>
  z.strictObject({
    max: MaxSchema,
    within: durationUpTo(LONGEST_CAP),
    topic: TopicIdSchema.optional(),
    channel: ChannelSchema.optional(),
  }),
);
export type Cap = z.infer<typeof DailyCapSchema> | z.infer<typeof RollingCapSchema>;
/** Counted sends are kept for at least this long, so that a new cap of up to a month sees what was sent before it. */
export const MIN_CAP_HISTORY_MS = durationMs('31d');
/** How far back the longest of these caps looks, in ms. Daily caps look back by less than what is kept anyway. */
export const longestCapMs = (caps: readonly Cap[] = []): number =>
  Math.max(0, ...caps.map((cap) => ('within' in cap ? durationMs(cap.within) : 0)));

const A_CAP = 'must be a cap: {"max": 2, "per": "day"} or {"max": 2, "within": "7d"}';
export const CapSchema: z.ZodType<Cap> = chosenUnion<Cap>([DailyCapSchema, RollingCapSchema], (value) => {
  if (typeof value !== 'object' || value === null) return A_CAP;
  if ('per' in value) return 'within' in value ? 'takes either per or within, not both' : DailyCapSchema;
  return 'within' in value ? RollingCapSchema : A_CAP;
});
