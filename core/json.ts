/** Deeper JSON would end somewhere as an overflowing stack. */
export const MAX_LEVELS = 100;

/** Looks no deeper than asked. */
export const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

/** A double holds any 15 digits; a text without 16 of them beside each other, or 17 with a point among them, has no number that it rounds. */
const MAY_ROUND = /\d{16}|[\d.]{17}/;
const EXACT_DIGITS = 15;

/**
 * JSON whose numbers keep their digits: a whole number that a double would round becomes its text (`1234567890123456789` → the string of
 * it), and so does any number that a double would round under a name for which `isId` holds. @throws SyntaxError
 */
export function parseExactly(text: string, isId: (name: string) => boolean): unknown {
  if (!MAY_ROUND.test(text)) return JSON.parse(text);
  return JSON.parse(text, ((name: string, value: unknown, { source }: { source?: string }) => {
    if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value;
    if (!Number.isFinite(value) || significantDigits(source) <= EXACT_DIGITS) return value;
    return /^-?\d+$/.test(source) || isId(name) ? source : value;
    // The source text is the third argument of a reviver since ES2025, of which the types do not know yet.
  }) as (name: string, value: unknown) => unknown);
}

const significantDigits = (source: string): number =>
  source
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '').length;

/** JSON pointer (RFC 6901) to the first number that no double holds (`1e400`), which JSON has no word for; undefined: there is none. */
export function pointerToInfinity(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : '';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = pointerToInfinity(inner);
    if (found !== undefined) return `/${escapePointer(name)}${found}`;
  }
  return undefined;
}

/** A name as a token of a JSON pointer. */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
