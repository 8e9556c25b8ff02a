import { MAX_KEY_CHARACTERS } from './limits.ts';

/** A longer run key or coupon code does not fit into the keys of the tables. */
export const isKeyTooLong = (key: string): boolean => key.length > MAX_KEY_CHARACTERS || !key.isWellFormed();

/** Returns a value as trimmed text, or undefined if it is no text, number or boolean, or is empty. */
export function plainText(value: unknown): string | undefined {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const text = isPlain ? String(value).trim() : '';
  return text === '' ? undefined : text;
}

/** Returns a value as `key`, `same` and coupon codes read it: as trimmed text, case-sensitive. Undefined if it has no text or is too long. */
export function keyText(value: unknown): string | undefined {
  const text = plainText(value);
  return text === undefined || isKeyTooLong(text) ? undefined : text;
}
