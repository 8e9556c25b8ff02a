import * as z from 'zod';
import { MessageWasSchema } from '../conditions/message-status.ts';
import { SameSchema } from '../conditions/same.ts';
import { ConditionSchema, WhereSchema } from '../conditions/schema.ts';
import { CapSchema } from '../definitions/caps.ts';
import { keyedUnion } from '../definitions/keyed-union.ts';
import { WindowSchema } from '../definitions/window.ts';
import { expected } from '../expected.ts';
import { OwnGoalSchema } from '../goals/own-goal.ts';
import { lazySchema } from '../lazy-schema.ts';
import { DurationSchema, PositiveDurationSchema } from '../time/duration.ts';
import { TimeSchema } from '../time/local-schemas.ts';
import { ScheduleSchema } from '../time/schedule.ts';
import { NodeSchema } from './nodes/registry.ts';
import { EverySchema, OffsetSchema } from './wait-until.ts';

const name = z.string().min(1).max(255);
const EventSchema = z.string('must be the name of one event').min(1).max(255);
/** `constructor` is refused, because every object has a property of that name. */
const NodeIdSchema = lazySchema(() =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be of a–z, 0–9 and -, at most 63 characters')
    .refine((id) => id !== 'constructor', 'is a reserved word'),
);

const entryOptions = () => ({ existing: z.boolean().optional(), backfilled: z.boolean().optional() });
/** `existing` means those who have the tag or segment at publish: none of them has lost it. */
const nobodyExisting = ({ on, existing }: { on: string; existing?: boolean | undefined }): boolean =>
  existing !== true || on === 'entered' || on === 'added';
const EXISTING = { path: ['existing'], error: 'goes only with "added" or "entered"' };

const shapes = () => ({
  event: z.strictObject({
    event: EventSchema,
    where: WhereSchema.optional(),
    key: name.optional(),
    fresh: DurationSchema.optional(),
  }),
  segment: z
    .strictObject({ segment: name, on: z.enum(['entered', 'left']), ...entryOptions() })
    .refine(nobodyExisting, EXISTING),
  tag: z
    .strictObject({ tag: name, on: z.enum(['added', 'removed']), ...entryOptions() })
    .refine(nobodyExisting, EXISTING),
  date: z.strictObject({
    date: z.strictObject(
      {
        trait: z.string('must be the name of a trait').min(1).max(255),
        offset: OffsetSchema.optional(),
        time: TimeSchema.optional(),
        every: EverySchema.optional(),
      },
      expected('must be a date such as {"trait": "birthday", "offset": "-7d", "time": "09:00", "every": "year"}'),
    ),
  }),
  schedule: z.strictObject({ schedule: ScheduleSchema }),
  api: z.strictObject({ api: z.literal(true, { error: 'must be true' }) }),
});
type Shapes = ReturnType<typeof shapes>;
export type Entry = { [Kind in keyof Shapes]: z.infer<Shapes[Kind]> }[keyof Shapes];
/** Rule by which customers enter. */
const EntrySchema: z.ZodType<Entry> = lazySchema(() =>
  keyedUnion<Entry>(shapes(), 'an entry such as {"event": "Signed Up"}', {
    refused: { trait: 'a date entry stands under date: {"date": {"trait": "birthday", "every": "year"}}' },
  }),
);

/** Ids that people define have 63 characters. */
const tagId = z.string().min(1).max(63);
const ending = () => ({ outcome: z.string().min(1).max(63).optional(), addTags: z.array(tagId).max(50).optional() });
const exitShapes = () => ({
  event: z.strictObject({
    event: EventSchema,
    where: WhereSchema.optional(),
    same: SameSchema.optional(),
    ...ending(),
  }),
  tag: z.strictObject({ tag: name, on: z.enum(['added', 'removed']), ...ending() }),
  message: z.strictObject({ message: name, was: MessageWasSchema, ...ending() }),
});
type ExitShapes = ReturnType<typeof exitShapes>;
export type ExitRule = {
  [Kind in keyof ExitShapes]: z.infer<ExitShapes[Kind]>;
}[keyof ExitShapes];
const ExitSchema: z.ZodType<ExitRule> = lazySchema(() =>
  keyedUnion<ExitRule>(exitShapes(), 'an exit such as {"event": "Order Completed", "outcome": "ordered"}', {
    refused: { segment: 'a segment cannot end a run; a tag can' },
  }),
);

const EXITS = 'must be a list of exits, such as [{"event": "Order Completed", "outcome": "ordered"}]';
const CAPS = 'must be a list of caps, such as [{"max": 2, "per": "day"}]';

export const ThrottleSchema = lazySchema(() =>
  z.strictObject({ perMinute: z.int().min(1) }, expected('must be {"perMinute": 600}')),
);

/** All who walk before `continue` stand in one item. */
export const MAX_PILOT = 1_000;

/** `PUT /v1/journeys/{id}`: immutable once published. */
export const JourneySchema = lazySchema(() =>
  z.strictObject({
    name: z.string().min(1).max(200),
    owner: z.string().min(1).max(200).optional(),
    entry: EntrySchema,
    audience: ConditionSchema.optional(),
    throttle: ThrottleSchema.optional(),
    /** So many walk, others wait for `continue`. */
    pilot: z.int().min(1).max(MAX_PILOT).optional(),
    /**
     * Default: `never`; for a schedule or a date, `always`. A date enters once for each key (year, month or date) in any case: `never` means once ever,
     * and `after` counts from the last entry with any key. While a run is open, another entry of its profile and key is ignored.
     */
    reentry: z
      .union([z.literal('never'), z.literal('always'), z.strictObject({ after: DurationSchema })], {
        error: 'must be "never", "always" or {"after": "7d"}',
      })
      .optional(),
    exit: z.array(ExitSchema, EXITS).max(50).optional(),
    goal: OwnGoalSchema.optional(),
    window: WindowSchema.optional(),
    caps: z.array(CapSchema, CAPS).max(20).optional(),
    validFor: PositiveDurationSchema.optional(),
    start: z.string('must name the node that a run begins at'),
    nodes: z
      .record(NodeIdSchema, NodeSchema, 'must be an object of nodes by their ids, such as {"done": {"type": "end"}}')
      .refine((nodes) => Object.keys(nodes).length > 0, 'needs a node')
      .refine((nodes) => Object.keys(nodes).length <= 200, 'at most 200 nodes'),
  }),
);
export type Journey = z.infer<typeof JourneySchema>;
