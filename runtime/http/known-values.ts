/** A shorter value is masked only if it is the whole value, not within a text. */
const SHORTEST_WITHIN = 6;
/** Longer values are push tokens and texts that are no address: each costs a search of the text, so their number is limited. */
const LONGEST_INDEXED = 64;
const MAX_LONG = 50;

/** Values that are searched in texts. The time for a text does not grow with their number. */
export interface KnownValues {
  all: ReadonlySet<string>;
  long: readonly string[];
  /** Lengths of the values by their first characters, longest first. */
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

/** Replaces each known value in the text, from the left, the longest first. */
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
