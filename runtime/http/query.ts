import * as z from 'zod';
import { parseInstant } from '../../core/time/instant.ts';

/** A whole number in a query, in decimal digits: neither `0x10` nor `1e1`. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .transform((text, context) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
      return z.NEVER;
    })
    .meta({ type: 'integer', minimum: min, maximum: max });

/** An ISO 8601 instant or day in a query, as epoch ms. */
export const InstantQuerySchema = z
  .string()
  .transform((text, context) => {
    const at = text.length <= 40 ? parseInstant(text) : undefined;
    if (at !== undefined) return at;
    context.addIssue({ code: 'custom', message: 'must be an ISO 8601 instant' });
    return z.NEVER;
  })
  .meta({ type: 'string', format: 'date-time' });
