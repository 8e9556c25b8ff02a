import * as z from 'zod';
import { ChannelSchema } from '../channels.ts';
import { durationUpTo } from '../time/duration.ts';

/** Sends are remembered as long as the longest cap may ask. */
export const LONGEST_CAP = '400d';

/** Marketing messages that a person may get: in a calendar day of the profile's timezone, or in a sliding window. */
export const CapSchema = z.union([
  z.strictObject({
    max: z.int().min(0),
    per: z.literal('day'),
    topic: z.string().optional(),
    channel: ChannelSchema.optional(),
  }),
  z.strictObject({
    max: z.int().min(0),
    within: durationUpTo(LONGEST_CAP),
    topic: z.string().optional(),
    channel: ChannelSchema.optional(),
  }),
]);
export type Cap = z.infer<typeof CapSchema>;

const LocalTimeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a local time HH:mm');
const DaySchema = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** When marketing messages may leave: `[from, to)` in the customer's timezone; `days` absent = every day. */
export const WindowSchema = z.union([
  z.literal('none'),
  z.strictObject({
    days: z.array(DaySchema).min(1).optional(),
    hours: z
      .array(z.tuple([LocalTimeSchema, LocalTimeSchema]).refine(([from, to]) => from < to, 'must begin before it ends'))
      .min(1),
    calendar: z.string().optional(),
    otherwise: z.enum(['defer', 'skip']).default('defer'),
  }),
]);
export type Window = z.infer<typeof WindowSchema>;
