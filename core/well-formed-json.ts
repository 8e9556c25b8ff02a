/** An escape of JSON; `JSON.stringify` writes a lone surrogate as one, and nothing else of that form. */
const ESCAPE = /\\(u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/g;

/** JSON that every reader takes: what a client sent as half a character has become the replacement character, in names as in values. */
export const wellFormedJson = (value: unknown): string =>
  JSON.stringify(value).replace(ESCAPE, (all, escaped: string) => (escaped.length > 1 ? '\\ufffd' : all));
