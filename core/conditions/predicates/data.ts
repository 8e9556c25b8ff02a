import * as z from 'zod';
import {
  type Comparison,
  compareValues,
  comparisonFields,
  hasOperator,
  NEEDS_OPERATOR,
  PathSchema,
  traitsOf,
} from '../comparison.ts';
import { valuesAt } from '../paths.ts';
import { type Predicate, schemaOf } from './predicate.ts';

/** `{"data": "answer.about", "eq": "price"}`: compares the entry's properties and the results of nodes. */
export interface DataCondition extends Comparison {
  data: string;
}

export const data: Predicate<DataCondition> = {
  journeyOnly: true,
  schema: (scope) =>
    schemaOf(z.strictObject({ data: PathSchema, ...comparisonFields(scope) }).refine(hasOperator, NEEDS_OPERATOR)),
  evaluate: (condition, context) => compareValues(valuesAt(context.data, condition.data), condition, context, context),
  references: (condition) => ({ traits: traitsOf(condition) }),
};
