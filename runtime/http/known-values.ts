/** A value that is shorter is masked as a whole value only, not within a text. */
const SHORTEST_WITHIN = 6;
/** Longer ones are push tokens and what is no address: each takes a look through the text, so there are only so many. */
const LONGEST_INDEXED = 64;
const MAX_LONG = 50;

/** Values that are looked for in texts. The time that a text takes does not grow with their number. */
export interface KnownValues {
  all: ReadonlySet<string>;
  long: readonly string[];
  /** By their first characters: how long they are, the longest first. */
  lengths: ReadonlyMap<string, readonly number[]>;
}

export function knownValues(values: Iterable<string>): KnownValues {
  const all = new Set(values);
  all.delete('');
  const within = [...all].filter(({ length }) => length >= SHORTEST_WITHIN).toSorted((a, b) => b.length - a.length);
  const lengths = new Map<string, number[]>();
  for (const value of within) {
    if (value.length > LONGEST_INDEXED) continue;
    const head = value.slice(0, SHORTEST_WITHIN);
    const held = lengths.get(head) ?? [];
    if (held.at(-1) !== value.length) held.push(value.length);
    lengths.set(head, held);
  }
  return { all, long: within.filter(({ length }) => length > LONGEST_INDEXED).slice(0, MAX_LONG), lengths };
}

/** The text with each known value in it replaced, from the left, the longest first. */
export function withoutKnown(
  text: string,
  { long, lengths, all }: KnownValues,
  mask: (value: string) => string,
): string {
  const rest = long.reduce((masked, value) => masked.replaceAll(value, mask), text);
  if (lengths.size === 0) return rest;
  let shown = '';
  let from = 0;
  for (let at = 0; at + SHORTEST_WITHIN <= rest.length; at += 1) {
    const length = lengths
      .get(rest.slice(at, at + SHORTEST_WITHIN))
      ?.find((one) => at + one <= rest.length && all.has(rest.slice(at, at + one)));
    if (length === undefined) continue;
    shown += rest.slice(from, at) + mask(rest.slice(at, at + length));
    from = at + length;
    at = from - 1;
  }
  return shown + rest.slice(from);
}
