/** Invisible characters: zero-width ones, soft hyphens, direction marks. */
const INVISIBLE = /\p{Cf}/gu;

/** An address without blanks and without what nobody sees. */
export const stripInvisible = (value: string): string =>
  value.normalize('NFC').replaceAll(INVISIBLE, '').replaceAll(/\s+/g, '');
