import * as z from 'zod';
import { CapSchema, WindowSchema } from '../catalog/limits.ts';
import { keyedUnion } from '../conditions/keyed-union.ts';
import { MessageWasSchema } from '../conditions/message-status.ts';
import { ConditionSchema, WhereSchema } from '../conditions/schema.ts';
import { DurationSchema } from '../time/duration.ts';
import { NodeSchema } from './nodes/registry.ts';
import { DaySchema, OffsetSchema, TimeSchema } from './until.ts';

const name = z.string().min(1).max(255);
/** `constructor` is the one name of this form that every object answers to. */
const NodeIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be of a–z, 0–9 and -, at most 63 characters')
  .refine((id) => id !== 'constructor', 'is a reserved word');

const entryOptions = { existing: z.boolean().optional(), backfilled: z.boolean().optional() };
const ScheduleSchema = z.strictObject({
  every: z.enum(['day', 'week', 'month']),
  days: z
    .array(z.union([DaySchema, z.int().min(1).max(31), z.literal('last')]))
    .min(1)
    .optional(),
  time: TimeSchema,
  timezone: z.string().optional(),
  from: z.string().optional(),
  until: z.string().optional(),
});

const shapes = {
  event: z.strictObject({
    event: name,
    where: WhereSchema.optional(),
    key: name.optional(),
    fresh: DurationSchema.optional(),
  }),
  segment: z.strictObject({ segment: name, on: z.enum(['entered', 'left']), ...entryOptions }),
  tag: z.strictObject({ tag: name, on: z.enum(['added', 'removed']), ...entryOptions }),
  date: z.strictObject({
    date: z.strictObject({
      trait: name,
      offset: OffsetSchema.optional(),
      time: TimeSchema.optional(),
      every: z.literal('year').optional(),
    }),
  }),
  schedule: z.strictObject({ schedule: ScheduleSchema }),
  api: z.strictObject({ api: z.literal(true) }),
};
export type Entry = { [Kind in keyof typeof shapes]: z.infer<(typeof shapes)[Kind]> }[keyof typeof shapes];
/** What lets somebody in. */
const EntrySchema: z.ZodType<Entry> = keyedUnion<Entry>(shapes, 'an entry');

const ending = { outcome: z.string().min(1).max(63).optional(), addTags: z.array(name).max(50).optional() };
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
  /** Absent: never. While a run is open, another entry of its profile and key is ignored. */
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
