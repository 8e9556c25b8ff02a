import * as z from 'zod';
import { keyText } from '../key-text.ts';
import { valuesAt } from './paths.ts';

/** Properties that must be equal on both sides: `"cart_id"`, or the event's → the run's. */
export type Same = string | Record<string, string>;

const name = z.string().min(1).max(255);
export const SameSchema: z.ZodType<Same> = z.union([name, z.record(name, name)], {
  error: 'must be a property, or {"theirs": "ours"}',
});

/** Returns whether an event's properties equal the run's. If one is absent on either side, they do not match. Without `same` they match. */
export function isSameKey(same: Same | undefined, ours: unknown, theirs: unknown): boolean {
  if (same === undefined) return true;
  const pairs = typeof same === 'string' ? [[same, same] as const] : Object.entries(same);
  return pairs.every(([theirPath, ourPath]) => {
    const mine = keyText(valuesAt(ours, ourPath)[0]);
    return mine !== undefined && valuesAt(theirs, theirPath).some((value) => keyText(value) === mine);
  });
}
