import * as z from 'zod';
import { EventNamesSchema } from '../conditions/predicates/event-schema.ts';
import { PropertyPathSchema, type Where, whereSchema } from '../conditions/where.ts';
import { WithinSchema } from '../conditions/within.ts';
import { lazySchema } from '../lazy-schema.ts';
import { AGGREGATE_NAMES, AGGREGATES, type AggregateName } from './aggregates.ts';

/**
 * `PUT /v1/computed-traits/{id}`: a figure of the customer's events, read as the trait of that name. One figure each:
 * `{"event": "Order Completed", "within": "365d", "avg": {"of": "total"}}`.
 */
export interface ComputedTrait extends Partial<Record<AggregateName, Asked>> {
  name?: string;
  owner?: string;
  event: string | string[];
  where?: Where;
  /** A duration or `ever`, which is the default. */
  within?: string;
}

/** Property path to aggregate; absent if the event itself is meant. */
export interface Asked {
  of?: string;
}

const Of = z.strictObject({ of: PropertyPathSchema });
const Itself = z.strictObject({});
const OfOrItself = z.strictObject({ of: PropertyPathSchema.optional() });
const askedSchema = (name: AggregateName): z.ZodType<Asked> => {
  const { of } = AGGREGATES[name];
  if (of === 'none') return Itself;
  return of === 'optional' ? OfOrItself : Of;
};

const figureFields = Object.fromEntries(AGGREGATE_NAMES.map((name) => [name, askedSchema(name).optional()]));
const text = z.string().min(1, 'must not be empty').max(200);

export const ComputedTraitSchema = lazySchema(
  () =>
    z
      .strictObject({
        name: text.optional(),
        owner: text.optional(),
        event: EventNamesSchema,
        where: whereSchema('rule').optional(),
        within: WithinSchema.optional(),
        ...figureFields,
      })
      .refine(
        (definition) => AGGREGATE_NAMES.filter((name) => Object.hasOwn(definition, name)).length === 1,
        `needs exactly one of: ${AGGREGATE_NAMES.join(', ')}`,
        // The fields come from a registry, which the compiler does not follow.
      ) as unknown as z.ZodType<ComputedTrait>,
);
