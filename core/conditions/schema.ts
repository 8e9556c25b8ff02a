import * as z from 'zod';
import { keyedUnion } from '../definitions/keyed-union.ts';
import { lazySchema } from '../lazy-schema.ts';
import type { Scope } from './comparison.ts';
import { type Leaf, PREDICATES, type RuleLeaf } from './predicates/registry.ts';
import { type Where, whereSchema } from './where.ts';

export type { Comparison } from './comparison.ts';
export type { Where } from './where.ts';

type Tree<L> = L | { all: Tree<L>[] } | { any: Tree<L>[] } | { not: Tree<L> };

/** The condition of a tag, a segment, an audience: `docs/rules.md`. */
export type Condition = Tree<RuleLeaf>;
/** A condition of a journey, which may also use the run. Every `Condition` is one. */
export type JourneyCondition = Tree<Leaf>;

const MAX_DEPTH = 32;
/** Most conditions in one condition, including those that only combine others: each is evaluated at every event of a customer. */
const MAX_CONDITIONS = 500;

/** Looks no further than necessary, so that an oversized value does no harm before it is refused. */
function sizeFault(value: unknown): string | undefined {
  let level: unknown[] = [value];
  let count = 1;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    level = level.flatMap(partsOf);
    if (level.length === 0) return undefined;
    count += level.length;
    if (count > MAX_CONDITIONS) return `must not hold more than ${MAX_CONDITIONS} conditions`;
  }
  return `must not be nested more than ${MAX_DEPTH} deep`;
}

function partsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const { all, any, not } = value as Record<string, unknown>; // of any object, each may be there
  return [all, any, not].flat().filter((part) => part !== undefined);
}

/** Built at its first use, because most functions only evaluate conditions. */
function conditionSchema<T>(scope: Scope, id: string): z.ZodType<T> {
  const self: z.ZodType = lazySchema(() => treeSchema(scope, self)).meta({ id });
  // The types match the registry.
  return self as z.ZodType<T>;
}

/** `self`: the schema of the conditions that others combine. */
function treeSchema(scope: Scope, self: z.ZodType): z.ZodType {
  const several = z.array(self).min(1, 'must hold at least one condition');
  const predicates = Object.entries(PREDICATES).filter(
    ([, predicate]) => scope === 'journey' || !predicate.journeyOnly,
  );
  const onlyInJourneys = Object.keys(PREDICATES).filter((key) => !predicates.some(([name]) => name === key));
  return keyedUnion<unknown>(
    {
      all: z.strictObject({ all: several }),
      any: z.strictObject({ any: several }),
      not: z.strictObject({ not: self }),
      ...Object.fromEntries(predicates.map(([key, predicate]) => [key, predicate.schema(scope)])),
    },
    'a condition such as {"tag": "vip"}',
    {
      refused: {
        ...Object.fromEntries(
          onlyInJourneys.map((key) => [key, `${key} is known only in a journey's run, not in a rule or an audience`]),
        ),
        and: 'conditions that must all hold are {"all": […]}',
        or: 'conditions of which one must hold are {"any": […]}',
        attribute: 'what is known of a customer is a trait: {"trait": "city", "eq": "Shanghai"}',
        property:
          'a property of events is asked under where: {"event": "Order Completed", "where": {"total": {"gte": 100}}}',
      },
      first: sizeFault,
    },
  );
}

/** For tags, segments and audiences. */
export const ConditionSchema = conditionSchema<Condition>('rule', 'Condition');
/** For journeys. */
export const JourneyConditionSchema = conditionSchema<JourneyCondition>('journey', 'JourneyCondition');

/** Filter of events in journeys: operands may reference traits and data. */
export const WhereSchema: z.ZodType<Where> = lazySchema(() => whereSchema('journey'));
