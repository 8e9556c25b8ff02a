import * as z from 'zod';
import { chosenUnion } from '../../definitions/keyed-union.ts';
import { expected } from '../../expected.ts';
import { DurationSchema } from '../../time/duration.ts';
import { type Comparison, hasOperator, NEEDS_NUMERIC_OPERATOR, numericFields, type Scope } from '../comparison.ts';
import { MEASURE_NAMES } from '../measures.ts';
import { type Same, SameSchema } from '../same.ts';
import { PropertyPathSchema, type Where, whereSchema } from '../where.ts';
import { WithinSchema } from '../within.ts';
import { schemaOf } from './predicate.ts';

/** A comparison of a value that is aggregated from the events' property path `of`. */
export interface Aggregate extends Comparison {
  of: string;
}

/** Compares the events of these names that pass `where`, in a window. If there are several measures, all must hold. */
export interface EventCondition {
  event: string | string[];
  where?: Where;
  /** Properties that must equal those of the run's data, compared like keys. Only in a journey. */
  same?: Same;
  /** A duration or `ever`, which is the default. */
  within?: string;
  /** Instead of `within`: after the run's entry, or after its last visit of a node. Only in a journey. */
  since?: string;
  /** Default `{"gte": 1}`, if there is no other measure. */
  count?: Comparison;
  sum?: Aggregate;
  avg?: Aggregate;
  min?: Aggregate;
  max?: Aggregate;
  distinct?: Aggregate;
  /** There is such an event, and the newest passes. Used alone, without a window. */
  last?: { olderThan?: string; newerThan?: string };
}

const EventNameSchema = z
  .string()
  .min(1, 'must name an event')
  .max(255)
  .refine((name) => !name.startsWith('@'), 'must not begin with "@"');

const SeveralNamesSchema = z
  .array(EventNameSchema)
  .min(1, 'must name an event')
  .max(50, 'must not name more than 50 events');
/** One event name, or several of which any matches. */
export const EventNamesSchema = chosenUnion<string | string[]>([EventNameSchema, SeveralNamesSchema], (value) => {
  if (Array.isArray(value)) return SeveralNamesSchema;
  return typeof value === 'string' ? EventNameSchema : 'must be the name of an event, or a list of names';
});

const LastSchema = z
  .strictObject({ olderThan: DurationSchema.optional(), newerThan: DurationSchema.optional() })
  .refine((last) => last.olderThan !== undefined || last.newerThan !== undefined, 'needs olderThan or newerThan');

/** A field that needs a run. */
const runField = (scope: Scope, schema: z.ZodType): z.ZodType =>
  scope === 'journey'
    ? schema.optional()
    : z.never({ error: "is known only in a journey's run, not in a rule or an audience" }).optional();

const SinceSchema = z.string().min(1, 'must be "entry" or a node');

function measureFields(scope: Scope): Record<string, z.ZodType> {
  const count = z
    .strictObject(numericFields(scope), expected('must be a comparison such as {"gte": 2}'))
    .refine(hasOperator, NEEDS_NUMERIC_OPERATOR);
  const aggregate = z
    .strictObject(
      { of: PropertyPathSchema, ...numericFields(scope) },
      expected('must be a comparison such as {"of": "total", "gte": 500}'),
    )
    .refine(hasOperator, NEEDS_NUMERIC_OPERATOR);
  const schemas = MEASURE_NAMES.map((name) => [name, (name === 'count' ? count : aggregate).optional()]);
  return Object.fromEntries(schemas);
}

export function eventSchema(scope: Scope): z.ZodType<EventCondition> {
  const fields = z.strictObject({
    event: EventNamesSchema,
    where: whereSchema(scope).optional(),
    within: WithinSchema.optional(),
    same: runField(scope, SameSchema),
    since: runField(scope, SinceSchema),
    ...measureFields(scope),
    last: LastSchema.optional(),
  });
  return schemaOf<EventCondition>(fields).superRefine(refuseContradictions);
}

function refuseContradictions(condition: EventCondition, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const { within, since, last } = condition;
  if (within !== undefined && since !== undefined) refuse('since', 'stands instead of within, not beside it');
  if (last === undefined) return;
  for (const other of ['within', 'since', ...MEASURE_NAMES] as const) {
    if (condition[other] !== undefined) refuse('last', `looks at all events and cannot stand beside ${other}`);
  }
}
