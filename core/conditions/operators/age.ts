import { DurationSchema, durationMs } from '../../time/duration.ts';
import { parseInstant } from '../../time/instant.ts';
import { FALSE, turning } from '../verdict.ts';
import type { ElementOperator } from './operator.ts';

/** `older`: the date is ≤ now − D, from `date + D` on. Else the rest: until then. */
const aged = (older: boolean): ElementOperator => ({
  over: 'element',
  schema: DurationSchema,
  relative: true,
  judge(value, operand, { now }) {
    const date = typeof value === 'string' ? parseInstant(value) : undefined;
    if (date === undefined || typeof operand !== 'string') return FALSE;
    return turning(!older, date + durationMs(operand), now);
  },
});

export const olderThan = aged(true);
export const newerThan = aged(false);
