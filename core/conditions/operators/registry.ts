import { newerThan, olderThan } from './age.ts';
import { anniversaryWithin } from './anniversary.ts';
import { eq, isIn, ne, notIn } from './equality.ts';
import type { Operator } from './operator.ts';
import { gt, gte, lt, lte } from './order.ts';
import { exists } from './presence.ts';
import { contains, startsWith } from './text.ts';

/** Every operator of a comparison. To add one: add its file and a line here. */
export const OPERATORS = {
  eq,
  ne,
  gt,
  gte,
  lt,
  lte,
  in: isIn,
  notIn,
  contains,
  startsWith,
  exists,
  olderThan,
  newerThan,
  anniversaryWithin,
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof OPERATORS;

// The literal has no other keys.
export const OPERATOR_NAMES = Object.keys(OPERATORS) as OperatorName[];
