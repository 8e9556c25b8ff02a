const SHOWN = '•••';
/** Shorter parts of a secret may be ordinary words. */
const SHORTEST_PART = 8;

/**
 * Returns a JSON value without these secrets: a receiver may echo them, as they are or as JSON, HTML or a URL writes them. The token alone of `Bearer
 * abc…` is a secret too, and so is the decoded text of `Basic abc…`.
 */
export function redacted(value: unknown, secrets: readonly string[]): unknown {
  const all = secrets.flatMap((secret) => [secret, ...partsOf(secret)]).flatMap(writtenOf);
  return without(
    value,
    [...new Set(all)].toSorted((one, other) => other.length - one.length),
  );
}

function partsOf(secret: string): string[] {
  const parts = secret.split(' ').filter((part) => part.length >= SHORTEST_PART);
  const [, encoded] = /^basic +(\S+)$/i.exec(secret) ?? [];
  if (encoded === undefined) return parts;
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  const password = login.slice(login.indexOf(':') + 1);
  return [...parts, ...[login, password].filter((part) => part.length >= SHORTEST_PART)];
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Returns each way in which a text may write it. */
function writtenOf(secret: string): string[] {
  const html = secret.replaceAll(/[&<>"']/g, (sign) => HTML[sign] ?? sign);
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), html, base64];
}

function without(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return withoutBeginning(withoutWhole(value, secrets), secrets);
  if (typeof value === 'number') return secrets.includes(String(value)) ? SHOWN : value;
  if (Array.isArray(value)) return value.map((element) => without(element, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [String(without(name, secrets)), without(inner, secrets)]),
  );
}

const withoutWhole = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, SHOWN), text);

/** A long response is cut off, possibly within a secret. */
function withoutBeginning(text: string, secrets: readonly string[]): string {
  for (const secret of secrets)
    for (let length = secret.length - 1; length >= SHORTEST_PART; length -= 1)
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + SHOWN;
  return text;
}
