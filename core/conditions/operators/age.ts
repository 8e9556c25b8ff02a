import type { EpochMs } from '../../ids.ts';
import { dateValue } from '../../time/date-value.ts';
import { SignedDurationSchema, signedDurationMs } from '../../time/duration.ts';
import { startOfDate } from '../../time/local.ts';
import { FALSE, turning } from '../evaluation.ts';
import type { ElementOperator } from './operator.ts';

/** `older`: the date is ≤ now − D, from `date + D` on. Else the rest: until then. A negative D lies ahead: `newerThan: "-3d"` is more than three days to come. */
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

/** A date without a time begins at the customer's midnight, as for a run that waits until it. */
function instantOf(value: unknown, timezone: string): EpochMs | undefined {
  const found = dateValue(value);
  if (found === undefined) return undefined;
  return 'date' in found ? startOfDate(found.date, timezone) : found.instant;
}

export const olderThan = aged(true);
export const newerThan = aged(false);
