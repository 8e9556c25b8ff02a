import type * as z from 'zod';
import { PoisonError } from '../../engine/errors.ts';

/**
 * Parses a record about one of our messages. If it differs from the provider's documentation, it is poison: dropping it silently could lose a bounce.
 * @throws PoisonError
 */
export function readOrPoison<Schema extends z.ZodType>(schema: Schema, inner: unknown): z.output<Schema> {
  const read = schema.safeParse(inner);
  if (read.success) return read.data;
  throw new PoisonError(read.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; '));
}
