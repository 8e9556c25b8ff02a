import { MAX_KEY_CHARACTERS } from './limits.ts';

/** A run's key or a coupon code that is longer would not fit into the keys of the tables. */
export const isKeyTooLong = (key: string): boolean => key.length > MAX_KEY_CHARACTERS || !key.isWellFormed();

/** A value as text, trimmed; undefined: no text, number or boolean, or empty. */
export function plainText(value: unknown): string | undefined {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const text = isPlain ? String(value).trim() : '';
  return text === '' ? undefined : text;
}

/** A value as `key`, `same` and coupon codes read it: as text, trimmed, case-sensitive. Undefined: it has no text, or is too long. */
export function keyText(value: unknown): string | undefined {
  const text = plainText(value);
  return text === undefined || isKeyTooLong(text) ? undefined : text;
}
