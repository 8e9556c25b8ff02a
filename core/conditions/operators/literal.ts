import * as z from 'zod';
import { typedUnion } from '../../definitions/keyed-union.ts';
import { lazySchema } from '../../lazy-schema.ts';

/** A plain value in a definition. `null` is not one: use `exists` for absent values. */
export type Literal = string | number | boolean;

export const LiteralSchema = lazySchema(() =>
  typedUnion<Literal>(
    { string: z.string(), number: z.number(), boolean: z.boolean() },
    'must be a string, a number, true or false',
  ),
);
