import * as z from 'zod';
import { parseInstant } from '../../time/instant.ts';
import { constant } from '../evaluation.ts';
import { elementsOf } from '../paths.ts';
import { LiteralSchema } from './literal.ts';
import type { ElementOperator, WholeOperator } from './operator.ts';

/** Returns whether both have the same type and are equal. Two ISO dates are equal if they are the same instant. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const instant = parseInstant(a);
  return instant !== undefined && instant === parseInstant(b);
}

const list = (of: z.ZodType) =>
  z.array(of).min(1, 'must name at least one value').max(1_000, 'must not name more than 1,000 values');

const common = { schema: LiteralSchema, numeric: z.number(), references: true } as const;
const listed = { schema: list(LiteralSchema), numeric: list(z.number()), references: true } as const;

export const eq: ElementOperator = {
  ...common,
  over: 'element',
  evaluate: (value, operand) => constant(isSame(value, operand)),
};

/** One of a list. Each element of the list is an operand. */
export const isIn: ElementOperator = { ...eq, ...listed };

/** No value, and no element of one, equals the operand; also true if there is no value. */
export const ne: WholeOperator = {
  ...common,
  over: 'whole',
  evaluate: (values, operands) =>
    !elementsOf(values).some((value) => operands.some((operand) => isSame(value, operand))),
};

export const notIn: WholeOperator = { ...ne, ...listed };
