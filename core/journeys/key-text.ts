import { valuesAt } from '../conditions/paths.ts';

/** Characters of a run's key or a coupon code; what is longer is none. */
export const MAX_KEY_LENGTH = 255;

/** A value as `key`, `same` and coupon codes read it: as text, trimmed, case-sensitive. Undefined: no text, number or boolean, or empty, or too long. */
export function keyText(value: unknown): string | undefined {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const text = isPlain ? String(value).trim() : '';
  return text === '' || text.length > MAX_KEY_LENGTH ? undefined : text;
}

/** Which properties must be equal on both sides: `"cart_id"`, or theirs → ours. */
export type Same = string | Record<string, string>;

/** Whether an event's properties are the same as the run's; absent on either side there is no match. Absent `same`: they are. */
export function isSameKey(same: Same | undefined, ours: unknown, theirs: unknown): boolean {
  if (same === undefined) return true;
  const pairs = typeof same === 'string' ? [[same, same] as const] : Object.entries(same);
  return pairs.every(([theirPath, ourPath]) => {
    const mine = keyText(valuesAt(ours, ourPath)[0]);
    return mine !== undefined && valuesAt(theirs, theirPath).some((value) => keyText(value) === mine);
  });
}
