import * as z from 'zod';
import { chosenUnion, keyedUnion } from '../definitions/keyed-union.ts';
import { allOf, anyOf, type Evaluation, FALSE, TRUE } from './evaluation.ts';
import type { Literal } from './operators/literal.ts';
import { LiteralSchema } from './operators/literal.ts';
import type { ElementOperator, Moment, Operator } from './operators/operator.ts';
import { OPERATOR_NAMES, OPERATORS, type OperatorName } from './operators/registry.ts';
import { elementsOf, valuesAt } from './paths.ts';

/** Where a condition is used: `rule` in tags and segments, `journey` where there is a run with its data. */
export type Scope = 'rule' | 'journey';

/** An operand that is looked up: a trait, or (in a journey) data of the run. */
export type OperandReference = { trait: string } | { data: string };

/** Operators with their operands; all of them must hold. */
export type Comparison = { [Name in OperatorName]?: Literal | Literal[] | OperandReference | undefined };

/** Context in which an operand reference is looked up. */
export interface Lookup {
  /** Entry properties and what nodes stored: `run.data`. */
  data?: Record<string, unknown>;
  /** Value of a top-level trait; undefined or null where there is none. */
  trait(name: string): unknown;
}

export const PathSchema = z.string('must be a path').min(1, 'must be a path').max(255);

const referenceSchema = (scope: Scope): z.ZodType<OperandReference> => {
  const trait = z.strictObject({ trait: PathSchema });
  if (scope === 'journey')
    return keyedUnion<OperandReference>({ trait, data: z.strictObject({ data: PathSchema }) }, 'a reference');
  return keyedUnion<OperandReference>({ trait }, 'a reference', {
    refused: { data: "data is known only in a journey's run, not in a rule or an audience" },
  });
};

const isPlainObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The operand itself, or a reference to it. */
function orReference(schema: z.ZodType, scope: Scope): z.ZodType {
  const reference: z.ZodType = referenceSchema(scope);
  return chosenUnion([schema, reference], (value) => (isPlainObject(value) ? reference : schema));
}

const literalOnly = (schema: z.ZodType): z.ZodType =>
  chosenUnion([schema], (value) =>
    isPlainObject(value)
      ? 'must be a literal: in tags and segments an event is evaluated once, when it arrives'
      : schema,
  );

/** Fields of an object: one an operator, each optional. */
function operatorFields(names: readonly OperatorName[], operand: (operator: Operator) => z.ZodType) {
  return Object.fromEntries(names.map((name) => [name, operand(OPERATORS[name]).optional()]));
}

/** The operators of a trait or of data, to be mixed into their conditions' objects. */
export const comparisonFields = (scope: Scope): Record<string, z.ZodType> =>
  operatorFields(OPERATOR_NAMES, (operator) =>
    operator.references ? orReference(operator.schema, scope) : operator.schema,
  );

export const hasOperator = (comparison: object): boolean =>
  OPERATOR_NAMES.some((name) => Object.hasOwn(comparison, name));
export const NEEDS_OPERATOR = `needs at least one of: ${OPERATOR_NAMES.join(', ')}`;

const NUMERIC_NAMES = OPERATOR_NAMES.filter((name) => 'numeric' in OPERATORS[name]);
export const NEEDS_NUMERIC_OPERATOR = `needs at least one of: ${NUMERIC_NAMES.join(', ')}`;

/** The operators of a number that is computed from events. */
export const numericFields = (scope: Scope): Record<string, z.ZodType> =>
  operatorFields(NUMERIC_NAMES, (operator) => orReference(operator.numeric ?? z.never(), scope));

const PROPERTY_NAMES = OPERATOR_NAMES.filter((name) => !('relative' in OPERATORS[name]));

/**
 * Schema of the operators of an event's property: a literal alone means `eq`. In rules the operands are literals, because an event is evaluated once,
 * when it arrives; so nothing may be relative to now.
 */
export function propertySchema(scope: Scope): z.ZodType<Literal | Comparison> {
  const operand = (operator: Operator) => {
    if (!operator.references) return operator.schema;
    return scope === 'journey' ? orReference(operator.schema, scope) : literalOnly(operator.schema);
  };
  const comparison: z.ZodType<Comparison> = z
    .strictObject(operatorFields(PROPERTY_NAMES, operand))
    .refine(hasOperator, `needs at least one of: ${PROPERTY_NAMES.join(', ')}`);
  return chosenUnion<Literal | Comparison>([LiteralSchema, comparison], (value) =>
    isPlainObject(value) ? comparison : LiteralSchema,
  );
}

const BY_NAME: ReadonlyMap<string, Operator> = new Map(Object.entries(OPERATORS));

/**
 * Returns whether the values pass every operator of `comparison`. All operators on single values must hold for the same value, so that `{"gte": 10,
 * "lt": 20}` on a list means an element in between.
 */
export function compareValues(
  values: readonly unknown[],
  comparison: Comparison,
  moment: Moment,
  lookup?: Lookup,
): Evaluation {
  const single: { operator: ElementOperator; operands: readonly unknown[] }[] = [];
  for (const name in comparison) {
    // A key that is not an operator's has no entry in the table.
    const operand = comparison[name as OperatorName];
    const operator = BY_NAME.get(name);
    // The comparison also has fields that are not operators: `trait`, `data`, `of`.
    if (operator === undefined || operand === undefined) continue;
    const operands = operandsOf(operand, lookup);
    if (operator.over === 'element') single.push({ operator, operands });
    else if (!operator.evaluate(values, operands)) return FALSE;
  }
  if (single.length === 0) return TRUE;
  const elements = elementsOf(values);
  return anyOf(elements.map((value) => allOf(single.map((one) => anyOperand(value, one, moment)))));
}

function anyOperand(
  value: unknown,
  { operator, operands }: { operator: ElementOperator; operands: readonly unknown[] },
  moment: Moment,
): Evaluation {
  if (operands.length === 1) return operator.evaluate(value, operands[0], moment);
  return anyOf(operands.map((operand) => operator.evaluate(value, operand, moment)));
}

function operandsOf(operand: NonNullable<Comparison[OperatorName]>, lookup: Lookup | undefined): readonly unknown[] {
  if (Array.isArray(operand)) return operand;
  if (typeof operand !== 'object') return [operand];
  if ('trait' in operand) return elementsOf(traitValues(operand.trait, lookup));
  return elementsOf(valuesAt(lookup?.data, operand.data));
}

/** Returns the values of a trait: the trait of exactly that name, otherwise the values along the path. */
export function traitValues(path: string, lookup: Lookup | undefined): unknown[] {
  const named = lookup?.trait(path);
  if (named !== undefined && named !== null) return [named];
  const dot = path.indexOf('.');
  return dot < 0 ? [] : valuesAt(lookup?.trait(path.slice(0, dot)), path.slice(dot + 1));
}

/** Top-level traits that the operands of a comparison refer to. */
export const traitsOf = (comparison: Comparison): string[] =>
  OPERATOR_NAMES.flatMap((name) => {
    const operand = comparison[name];
    return typeof operand === 'object' && 'trait' in operand ? [topLevelTrait(operand.trait)] : [];
  });

export const topLevelTrait = (path: string): string => path.split('.')[0] ?? path;

const NO_MOMENT: Moment = { now: 0, timezone: 'UTC' };

/** Whether the values pass a comparison that does not depend on now. */
export const passes = (values: readonly unknown[], comparison: Comparison, lookup?: Lookup): boolean =>
  compareValues(values, comparison, NO_MOMENT, lookup).is;
