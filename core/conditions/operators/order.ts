import * as z from 'zod';
import { typedUnion } from '../../definitions/keyed-union.ts';
import { parseInstant } from '../../time/instant.ts';
import { constant } from '../evaluation.ts';
import type { ElementOperator } from './operator.ts';

/** Below 0, 0, above 0 for two numbers, two ISO dates or two other strings (by code unit); undefined for anything else. */
function compare(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  const [first, second] = [parseInstant(a), parseInstant(b)];
  if (first !== undefined && second !== undefined) return first - second;
  if (first !== undefined || second !== undefined) return undefined;
  return a < b ? -1 : Number(a > b);
}

const ordered = (holds: (difference: number) => boolean): ElementOperator => ({
  over: 'element',
  schema: typedUnion<number | string>(
    { number: z.number(), string: z.string() },
    'must be a number, an ISO date or a string',
  ),
  numeric: z.number(),
  references: true,
  evaluate(value, operand) {
    const difference = compare(value, operand);
    return constant(difference !== undefined && holds(difference));
  },
});

export const gt = ordered((difference) => difference > 0);
export const gte = ordered((difference) => difference >= 0);
export const lt = ordered((difference) => difference < 0);
export const lte = ordered((difference) => difference <= 0);
