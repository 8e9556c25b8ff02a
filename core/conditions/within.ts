import * as z from 'zod';
import { durationMs, PositiveDurationSchema } from '../time/duration.ts';

/** A window without a beginning. */
const EVER = 'ever';

/** A duration, or `ever`. */
const message = 'must be a duration such as "30d", or "ever"';
export const WithinSchema = z
  .string(message)
  .refine((text) => text === EVER || PositiveDurationSchema.safeParse(text).success, message);

/** Returns the length of the sliding window in ms, or undefined if it does not slide. */
export const lengthOf = ({ within }: { within?: string }): number | undefined =>
  within === undefined || within === EVER ? undefined : durationMs(within);
