import * as z from 'zod';
import { typedUnion } from '../../definitions/keyed-union.ts';

/** A plain value of a definition. `null` is none: what is absent is asked by `exists`. */
export type Literal = string | number | boolean;

export const LiteralSchema = typedUnion<Literal>(
  { string: z.string(), number: z.number(), boolean: z.boolean() },
  'must be a string, a number, true or false',
);
