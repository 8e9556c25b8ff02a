import * as z from 'zod';
import { whereSchema } from '../conditions/where.ts';
import { chosenUnion } from '../definitions/keyed-union.ts';
import { lazySchema } from '../lazy-schema.ts';
import { BaselineSchema, ChangeSchema, DaySchema, HadTagSchema, idOf, promise, rateFields, share } from './fields.ts';

const common = () => ({
  name: z.string().min(1).max(200).optional(),
  /** First day, in the settings' timezone. Absent: the day of its first version. */
  since: DaySchema.optional(),
  ...promise(),
});

/** So many people have done something. */
const EventGoalSchema = lazySchema(() =>
  z.strictObject({
    ...common(),
    event: z.string().min(1).max(255),
    where: whereSchema('rule').optional(),
    target: z.int('must be a number of people').min(1, 'must be 1 or more').max(1e9),
  }),
);
/** The share of those who got the tag `from` that got `tag`, too. */
const StateGoalSchema = lazySchema(() =>
  z.strictObject({
    ...common(),
    tag: idOf('tag'),
    from: HadTagSchema,
    target: share(),
  }),
);
/** A figure of all customers' events has changed by so much against its baseline. */
const FigureGoalSchema = lazySchema(() =>
  z.strictObject({
    ...common(),
    computed: idOf('computed trait'),
    change: ChangeSchema,
    baseline: BaselineSchema,
  }),
);
/** Scopes of reports. */
const RATED = /^(campaign|journey|channel|template):[^:\s]{1,63}$/;
/** A rate of what is sent, such as clicks of e-mails, against that of a month, or a mean that is known from elsewhere. */
const RateGoalSchema = lazySchema(() =>
  z.strictObject({
    ...common(),
    ...rateFields(),
    /** Absent: everything that is sent. */
    of: z.string().regex(RATED, 'must be such as "channel:email" or "journey:welcome"').optional(),
  }),
);
export type RateGoal = z.infer<typeof RateGoalSchema>;
export type EventGoal = z.infer<typeof EventGoalSchema>;
export type StateGoal = z.infer<typeof StateGoalSchema>;
export type FigureGoal = z.infer<typeof FigureGoalSchema>;
export type Goal = EventGoal | StateGoal | FigureGoal | RateGoal;

/** `PUT /v1/goals/{id}`: what is to be reached, whatever campaigns and journeys there are for it. */
export const GoalDefinitionSchema: z.ZodType<Goal> = lazySchema(() =>
  chosenUnion<Goal>([EventGoalSchema, StateGoalSchema, FigureGoalSchema, RateGoalSchema], (value) => {
    if (typeof value !== 'object' || value === null) return 'must be a goal';
    if ('tag' in value) return StateGoalSchema;
    if ('computed' in value) return FigureGoalSchema;
    if ('rate' in value) return RateGoalSchema;
    return 'event' in value ? EventGoalSchema : 'needs one of: event, tag, computed, rate';
  }),
);
