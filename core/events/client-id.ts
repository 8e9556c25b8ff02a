import { MAX_ID_CHARACTERS } from '../limits.ts';

/** Values that client code sends when it has no id. If they were accepted, all such customers would become one profile. */
const MISTAKES: ReadonlySet<string> = new Set(['null', 'undefined', 'NaN', '[object Object]']);

/** Fields of an item that hold an id. */
export const ID_FIELDS = ['userId', 'anonymousId', 'previousId', 'groupId', 'messageId'] as const;
const NAMES: ReadonlySet<string> = new Set(ID_FIELDS);
export const isIdField = (name: string): boolean => NAMES.has(name);

/** An id as text; undefined where it is absent, null, empty or blank. Numbers are read as their digits. */
export function idOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return text.trim() === '' ? undefined : text;
}

/** Returns why the value is no id; undefined if it is one, or absent. */
export function idFault(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return 'must be a string';
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return 'must be a string: the number is larger than can be read exactly';
  const text = String(value);
  if (text.length > MAX_ID_CHARACTERS) return `must be at most ${MAX_ID_CHARACTERS} characters`;
  if (!text.isWellFormed()) return 'must be valid Unicode: it holds a lone surrogate';
  return MISTAKES.has(text.trim()) ? `is no id: ${text.trim()}` : undefined;
}
