import { readFileSync } from 'node:fs';

export interface Block {
  /** Behind the language: ```` ```json nodes ```` is `nodes`. */
  kind: string;
  text: string;
}

/** The code blocks of a page in one language, in order. */
export function blocksOf(page: string, language: string): Block[] {
  const text = readFileSync(`docs/${page}`, 'utf8');
  // All of them, since the end of one looks like the beginning of another without a language.
  const fences = [...text.matchAll(/^```(\w*)(?: (\S+))?\n(.*?)^```$/gms)];
  return fences.flatMap(([, its, kind = '', body = '']) => (its === language ? [{ kind, text: body }] : []));
}

/** Returns the text below a heading of a page. */
export function sectionOf(page: string, heading: string): string {
  const text = readFileSync(`docs/${page}`, 'utf8');
  const from = text.indexOf(`\n${heading}\n`);
  if (from < 0) throw new Error(`docs/${page} has no heading ${heading}`);
  return text.slice(from + heading.length + 2).trim();
}
