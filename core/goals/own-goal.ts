import * as z from 'zod';
import { SameSchema } from '../conditions/same.ts';
import { WhereSchema } from '../conditions/schema.ts';
import { chosenUnion } from '../definitions/keyed-union.ts';
import { lazySchema } from '../lazy-schema.ts';
import { DurationSchema } from '../time/duration.ts';
import { BaselineSchema, ChangeSchema, HadTagSchema, promise, rateFields } from './fields.ts';

const A_TARGET = 'must be a share from 0 to 1, such as 0.2 for 20 %';
const reachable = () => ({
  within: DurationSchema.optional(),
  target: z.number().min(0, A_TARGET).max(1, A_TARGET).optional(),
});

const shapes = () => ({
  event: z.strictObject({
    event: z.string('must be the name of one event').min(1).max(255),
    where: WhereSchema.optional(),
    same: SameSchema.optional(),
    ...reachable(),
    ...promise(),
  }),
  tag: z.strictObject({ tag: z.string().min(1).max(63), from: HadTagSchema.optional(), ...reachable(), ...promise() }),
  computed: z.strictObject({
    computed: z.string().min(1).max(63),
    change: ChangeSchema,
    baseline: BaselineSchema,
    ...promise(),
  }),
  rate: z.strictObject({ ...rateFields(), ...promise() }),
});
type Shapes = ReturnType<typeof shapes>;
/** What a journey or campaign is to bring about; it only measures. */
export type OwnGoal = { [Kind in keyof Shapes]: z.infer<Shapes[Kind]> }[keyof Shapes];
/** A goal that some reach and others do not: with an event, or with a tag. */
export type ReachableGoal = Extract<OwnGoal, { event: string } | { tag: string }>;

const A_GOAL = 'must be a goal such as {"event": "Order Completed", "within": "7d", "target": 0.2}';

/** Most goals are events: what names no tag, figure or rate is read as one. */
export const OwnGoalSchema: z.ZodType<OwnGoal> = lazySchema(() => {
  const { event, tag, computed, rate } = shapes();
  return chosenUnion<OwnGoal>([event, tag, computed, rate], (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return A_GOAL;
    if ('event' in value) return event;
    if ('tag' in value) return tag;
    return 'computed' in value ? computed : 'rate' in value ? rate : event;
  });
});
