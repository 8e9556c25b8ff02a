import * as z from 'zod';
import {
  type Comparison,
  compareValues,
  comparisonFields,
  hasOperator,
  NEEDS_OPERATOR,
  PathSchema,
  topLevelTrait,
  traitsOf,
  traitValues,
} from '../comparison.ts';
import { type Predicate, schemaOf } from './predicate.ts';

/** `{"trait": "city", "eq": "Shanghai"}`; the path may lead into an object or through lists. */
export interface TraitCondition extends Comparison {
  trait: string;
}

export const trait: Predicate<TraitCondition> = {
  schema: (scope) =>
    schemaOf(z.strictObject({ trait: PathSchema, ...comparisonFields(scope) }).refine(hasOperator, NEEDS_OPERATOR)),
  evaluate: (condition, context) => compareValues(traitValues(condition.trait, context), condition, context, context),
  references: (condition) => ({ traits: [topLevelTrait(condition.trait), ...traitsOf(condition)] }),
};
