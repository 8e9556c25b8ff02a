import type { EpochMs } from '../../ids.ts';
import { dateValue } from '../../time/date-value.ts';
import { SignedDurationSchema, signedDurationMs } from '../../time/duration.ts';
import { startOfDate } from '../../time/local.ts';
import { FALSE, turning } from '../evaluation.ts';
import type { ElementOperator } from './operator.ts';

/**
 * `older`: the date is ≤ now − D, from `date + D` on. Otherwise it is the opposite, until then. A negative D is in the future: `newerThan: "-3d"`
 * means more than three days from now.
 */
const aged = (older: boolean): ElementOperator => ({
  over: 'element',
  schema: SignedDurationSchema,
  relative: true,
  evaluate(value, operand, { now, timezone }) {
    const at = instantOf(value, timezone);
    if (at === undefined || typeof operand !== 'string') return FALSE;
    return turning(!older, at + signedDurationMs(operand), now);
  },
});

/** A date without a time starts at the customer's midnight, as in a wait until it. */
function instantOf(value: unknown, timezone: string): EpochMs | undefined {
  const found = dateValue(value);
  if (found === undefined) return undefined;
  return 'date' in found ? startOfDate(found.date, timezone) : found.instant;
}

export const olderThan = aged(true);
export const newerThan = aged(false);
