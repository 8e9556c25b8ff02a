import * as z from 'zod';
import { constant } from '../evaluation.ts';
import { isSame } from './equality.ts';
import { LiteralSchema } from './literal.ts';
import type { ElementOperator, WholeOperator } from './operator.ts';

/** A substring of a string, or an element of a list; case-sensitive. */
export const contains: WholeOperator = {
  over: 'whole',
  schema: LiteralSchema,
  references: true,
  evaluate: (values, operands) => values.some((value) => operands.some((operand) => has(value, operand))),
};

function has(value: unknown, operand: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => isSame(element, operand));
  return typeof value === 'string' && typeof operand === 'string' && value.includes(operand);
}

export const startsWith: ElementOperator = {
  over: 'element',
  schema: z.string(),
  references: true,
  evaluate: (value, operand) =>
    constant(typeof value === 'string' && typeof operand === 'string' && value.startsWith(operand)),
};
