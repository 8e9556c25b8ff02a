import * as z from 'zod';
import { SameSchema } from '../conditions/same.ts';
import { WhereSchema } from '../conditions/schema.ts';
import type { Reference } from '../definitions/definition.ts';
import { chosenUnion } from '../definitions/keyed-union.ts';
import type { CairnEvent } from '../events/event.ts';
import { TURNED_ON } from '../events/internal.ts';
import { lazySchema } from '../lazy-schema.ts';
import { DurationSchema, durationMs } from '../time/duration.ts';
import { BaselineSchema, ChangeSchema, DaySchema, HadTagSchema, rateFields } from './fields.ts';

const A_TARGET = 'must be a share from 0 to 1, such as 0.2 for 20 %';
/** By when, and who answers for it. */
const promise = () => ({ by: DaySchema.optional(), owner: z.string().min(1).max(200).optional() });
const share = () => ({
  within: DurationSchema.optional(),
  target: z.number().min(0, A_TARGET).max(1, A_TARGET).optional(),
});

const shapes = () => ({
  event: z.strictObject({
    event: z.string('must be the name of one event').min(1).max(255),
    where: WhereSchema.optional(),
    same: SameSchema.optional(),
    ...share(),
    ...promise(),
  }),
  tag: z.strictObject({ tag: z.string().min(1).max(63), from: HadTagSchema.optional(), ...share(), ...promise() }),
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

/** Most goals are events: what names neither a tag nor a figure is read as one. */
export const OwnGoalSchema: z.ZodType<OwnGoal> = lazySchema(() => {
  const { event, tag, computed, rate } = shapes();
  return chosenUnion<OwnGoal>([event, tag, computed, rate], (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return A_GOAL;
    if ('event' in value) return event;
    if ('tag' in value) return tag;
    return 'computed' in value ? computed : 'rate' in value ? rate : event;
  });
});

export const isReachable = (goal: OwnGoal | undefined): goal is ReachableGoal =>
  goal !== undefined && ('event' in goal || 'tag' in goal);

/** Definitions that it names, with their places in a campaign or journey. */
export function placedInGoal(goal: OwnGoal | undefined): { path: string; reference: Reference }[] {
  if (goal === undefined || 'event' in goal || 'rate' in goal) return [];
  if ('computed' in goal)
    return [{ path: '/goal/computed', reference: { kind: 'computed-traits', id: goal.computed } }];
  const had = goal.from && { path: '/goal/from/tag', reference: { kind: 'tags' as const, id: goal.from.tag } };
  return [{ path: '/goal/tag', reference: { kind: 'tags', id: goal.tag } }, ...(had === undefined ? [] : [had])];
}

/** The client's event that it names. */
export const eventOfGoal = (goal: OwnGoal | undefined): string | undefined =>
  goal !== undefined && 'event' in goal ? goal.event : undefined;

/** Whether the event may be what the goal asks for; whoever it is. A tag's turning on is an event, too. */
export function isAbout(goal: OwnGoal | undefined, { name, properties }: Pick<CairnEvent, 'name' | 'properties'>) {
  if (!isReachable(goal)) return false;
  return 'event' in goal ? goal.event === name : name === TURNED_ON && properties?.rule === goal.tag;
}

/** How long after the entry, or the sending, it may be reached; in ms. */
export const goalTimeMs = ({ within }: ReachableGoal): number =>
  within === undefined ? Number.POSITIVE_INFINITY : durationMs(within);
