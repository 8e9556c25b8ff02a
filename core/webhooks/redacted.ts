const SHOWN = '•••';
/** Shorter parts of a secret may be any word. */
const SHORTEST_PART = 8;

/** A JSON value without these secrets: a receiver may echo what it was sent. Of `Bearer abc…` the token alone is one too. */
export function redacted(value: unknown, secrets: readonly string[]): unknown {
  const all = secrets.flatMap((secret) => [
    secret,
    ...secret.split(' ').filter((part) => part.length >= SHORTEST_PART),
  ]);
  return without(
    value,
    all.toSorted((one, other) => other.length - one.length),
  );
}

function without(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, SHOWN), value);
  if (typeof value === 'number') return secrets.includes(String(value)) ? SHOWN : value;
  if (Array.isArray(value)) return value.map((element) => without(element, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [String(without(name, secrets)), without(inner, secrets)]),
  );
}
