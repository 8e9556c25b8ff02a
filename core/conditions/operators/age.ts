import { SignedDurationSchema, signedDurationMs } from '../../time/duration.ts';
import { parseInstant } from '../../time/instant.ts';
import { FALSE, turning } from '../verdict.ts';
import type { ElementOperator } from './operator.ts';

/** `older`: the date is ≤ now − D, from `date + D` on. Else the rest: until then. A negative D lies ahead: `newerThan: "-3d"` is more than three days to come. */
const aged = (older: boolean): ElementOperator => ({
  over: 'element',
  schema: SignedDurationSchema,
  relative: true,
  judge(value, operand, { now }) {
    const date = typeof value === 'string' ? parseInstant(value) : undefined;
    if (date === undefined || typeof operand !== 'string') return FALSE;
    return turning(!older, date + signedDurationMs(operand), now);
  },
});

export const olderThan = aged(true);
export const newerThan = aged(false);
