/** JSON that is nested more deeply could overflow the stack. */
export const MAX_LEVELS = 100;

/** Looks no deeper than `levels`. */
export const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

/**
 * A double represents any 15 digits exactly. So a text without 16 adjacent digits, or 17 with a point among them, contains no number that is rounded.
 */
const MAY_ROUND = /\d{16}|[\d.]{17}/;
const EXACT_DIGITS = 15;

/**
 * Parses JSON without rounding numbers: an integer that a double would round becomes its text (`1234567890123456789` → a string), and so does any
 * number that a double would round, under a name for which `isId` holds. @throws SyntaxError
 */
export function parseExactly(text: string, isId: (name: string) => boolean): unknown {
  if (!MAY_ROUND.test(text)) return JSON.parse(text);
  return JSON.parse(text, ((name: string, value: unknown, { source }: { source?: string }) => {
    if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value;
    if (!Number.isFinite(value) || significantDigits(source) <= EXACT_DIGITS) return value;
    return /^-?\d+$/.test(source) || isId(name) ? source : value;
    // Since ES2025 the third argument of a reviver has the source text; the types lack it.
  }) as (name: string, value: unknown) => unknown);
}

const significantDigits = (source: string): number =>
  source
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '').length;

/**
 * Returns the JSON pointer (RFC 6901) to the first number beyond the range of a double (`1e400`), which JSON cannot represent; undefined if there is
 * none.
 */
export function pointerToInfinity(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : '';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = pointerToInfinity(inner);
    if (found !== undefined) return `/${escapePointer(name)}${found}`;
  }
  return undefined;
}

/**
 * Returns the first part of a value that would not be stored as it was sent, with its JSON pointer: a lone surrogate becomes another character in
 * UTF-8, and schemas of records leave out a field named `__proto__`.
 */
export function unstorablePart(value: unknown): { path: string; message: string } | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : { path: '', message: LONE_SURROGATE };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const fault = faultOfName(name) ?? unstorablePart(inner);
    if (fault !== undefined) return { ...fault, path: `/${escapePointer(name)}${fault.path}` };
  }
  return undefined;
}

const LONE_SURROGATE = 'must be valid Unicode: it holds a lone surrogate';

function faultOfName(name: string): { path: string; message: string } | undefined {
  if (name === '__proto__') return { path: '', message: 'is no name for a field' };
  return name.isWellFormed() ? undefined : { path: '', message: LONE_SURROGATE };
}

/** A name as a token of a JSON pointer. */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
