/** One part of a JSON pointer (RFC 6901). */
export const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** Returns the JSON pointer (RFC 6901) of a path. */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${escapePointer(String(part))}`).join('');
