import * as z from 'zod';
import { CapSchema, WindowSchema } from '../catalog/limits.ts';
import { keyedUnion } from '../conditions/keyed-union.ts';
import { MessageWasSchema } from '../conditions/message-status.ts';
import { ConditionSchema, WhereSchema } from '../conditions/schema.ts';
import { DurationSchema } from '../time/duration.ts';
import { isDate, isTimezone } from '../time/local.ts';
import { NodeSchema } from './nodes/registry.ts';
import { DaySchema, OffsetSchema, TimeSchema } from './until.ts';

const name = z.string().min(1).max(255);
/** `constructor` is the one name of this form that every object answers to. */
const NodeIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be of a–z, 0–9 and -, at most 63 characters')
  .refine((id) => id !== 'constructor', 'is a reserved word');

const entryOptions = { existing: z.boolean().optional(), backfilled: z.boolean().optional() };
/** `existing` are those who have it at publish: none of whom has lost it. */
const nobodyExisting = ({ on, existing }: { on: string; existing?: boolean | undefined }): boolean =>
  existing !== true || on === 'entered' || on === 'added';
const EXISTING = { path: ['existing'], error: 'goes only with "added" or "entered"' };

const LocalDateSchema = z.string().refine(isDate, 'must be a date YYYY-MM-DD');
const scheduled = {
  time: TimeSchema,
  timezone: z
    .string()
    .refine((zone) => zone === 'customer' || isTimezone(zone), 'must be "customer" or an IANA timezone')
    .optional(),
  /** First and last day. */
  from: LocalDateSchema.optional(),
  until: LocalDateSchema.optional(),
};
const weekdays = z.array(DaySchema).min(1).optional();
const monthDays = z
  .array(z.union([z.int().min(1).max(31), z.literal('last')], { error: 'must be 1 to 31, or "last"' }))
  .min(1)
  .optional();
const ScheduleSchema = z.discriminatedUnion('every', [
  z.strictObject({ every: z.enum(['day', 'week']), days: weekdays, ...scheduled }),
  z.strictObject({ every: z.literal('month'), days: monthDays, ...scheduled }),
]);

const shapes = {
  event: z.strictObject({
    event: name,
    where: WhereSchema.optional(),
    key: name.optional(),
    fresh: DurationSchema.optional(),
  }),
  segment: z
    .strictObject({ segment: name, on: z.enum(['entered', 'left']), ...entryOptions })
    .refine(nobodyExisting, EXISTING),
  tag: z
    .strictObject({ tag: name, on: z.enum(['added', 'removed']), ...entryOptions })
    .refine(nobodyExisting, EXISTING),
  date: z.strictObject({
    date: z.strictObject({
      trait: name,
      offset: OffsetSchema.optional(),
      time: TimeSchema.optional(),
      every: z.enum(['year', 'month']).optional(),
    }),
  }),
  schedule: z.strictObject({ schedule: ScheduleSchema }),
  api: z.strictObject({ api: z.literal(true) }),
};
export type Entry = { [Kind in keyof typeof shapes]: z.infer<(typeof shapes)[Kind]> }[keyof typeof shapes];
/** What lets somebody in. */
const EntrySchema: z.ZodType<Entry> = keyedUnion<Entry>(shapes, 'an entry');

/** Ids that people define have 63 characters. */
const tagId = z.string().min(1).max(63);
const ending = { outcome: z.string().min(1).max(63).optional(), addTags: z.array(tagId).max(50).optional() };
const SameSchema = z.union([name, z.record(name, name)], { error: 'must be a property, or {"theirs": "ours"}' });
const exitShapes = {
  event: z.strictObject({ event: name, where: WhereSchema.optional(), same: SameSchema.optional(), ...ending }),
  tag: z.strictObject({ tag: name, on: z.enum(['added', 'removed']), ...ending }),
  message: z.strictObject({ message: name, was: MessageWasSchema, ...ending }),
};
export type ExitRule = {
  [Kind in keyof typeof exitShapes]: z.infer<(typeof exitShapes)[Kind]>;
}[keyof typeof exitShapes];
const ExitSchema: z.ZodType<ExitRule> = keyedUnion<ExitRule>(exitShapes, 'an exit');

/** `PUT /v1/journeys/{id}`: immutable once published. */
export const JourneySchema = z.strictObject({
  name: z.string().min(1).max(200),
  owner: z.string().min(1).max(200).optional(),
  entry: EntrySchema,
  audience: ConditionSchema.optional(),
  throttle: z.strictObject({ perMinute: z.int().min(1) }).optional(),
  /**
   * Absent: never; of a schedule and a date, always. A date lets in once for each key (year, month or date) in any case: `never` is once ever, and
   * `after` counts from the last entry of whatever key. While a run is open, another entry of its profile and key is ignored.
   */
  reentry: z
    .union([z.literal('never'), z.literal('always'), z.strictObject({ after: DurationSchema })], {
      error: 'must be "never", "always" or {"after": "7d"}',
    })
    .optional(),
  exit: z.array(ExitSchema).max(50).optional(),
  goal: z
    .strictObject({
      event: name,
      where: WhereSchema.optional(),
      same: SameSchema.optional(),
      within: DurationSchema.optional(),
      target: z.number().min(0).max(1).optional(),
    })
    .optional(),
  window: WindowSchema.optional(),
  caps: z.array(CapSchema).max(20).optional(),
  validFor: DurationSchema.optional(),
  start: z.string(),
  nodes: z
    .record(NodeIdSchema, NodeSchema)
    .refine((nodes) => Object.keys(nodes).length > 0, 'needs a node')
    .refine((nodes) => Object.keys(nodes).length <= 200, 'at most 200 nodes'),
});
export type Journey = z.infer<typeof JourneySchema>;
