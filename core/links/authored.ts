import { randomBytes } from 'node:crypto';
import { decodeHTMLAttribute } from 'entities/decode';
import { webAddress } from './web-address.ts';

/**
 * Marks the links of a message that the template's author wrote: those with scheme and host in the source. They are marked before Liquid renders the
 * source, so that a URL in a customer's data never becomes a redirect of our domain. The mark is random, so that no data can contain it.
 */
const MARK = `\uE000${randomBytes(12).toString('hex')}\uE001`;

/** End of the host: a path, a query, or nothing follows. */
const AUTHORED_ATTRIBUTE = /^\s*https?:\/\/[^\s"'<>{}/?#\\@:&]+(?::\d+)?(?=[/?#]|\s*$)/i;
const ANCHOR = /<a(?=[\s{])/gi;
/** An attribute, or Liquid between attributes. */
const ATTRIBUTE = /\s*(?:\{[{%][^{}]*[%}]\}|([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|[^\s"'=<>`]+))?|\/)/y;

/** Returns the source of an HTML part with its author's links marked. */
export function markInHtml(source: string): string {
  const places: number[] = [];
  for (const { index } of source.matchAll(ANCHOR)) {
    ATTRIBUTE.lastIndex = index + 2;
    for (let found = ATTRIBUTE.exec(source); found !== null && found[0] !== ''; found = ATTRIBUTE.exec(source)) {
      const [whole, name, double, single] = found;
      const value = double ?? single;
      if (name?.toLowerCase() !== 'href' || value === undefined) continue;
      if (AUTHORED_ATTRIBUTE.test(value)) places.push(found.index + whole.length - value.length - 1);
      break;
    }
  }
  return withMarks(source, places);
}

/**
 * A URL consists of the characters of RFC 3986, and of letters of the scripts that separate words by blanks. Chinese text may follow a link without a
 * blank.
 */
const LETTERS = '\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{M}';
/** An ASCII host in the text of an SMS: Chinese text may follow it without a blank. A host with other letters is left unchanged. */
const AUTHORED_IN_TEXT = new RegExp(`https?://[\\w.-]+(?::\\d+)?(?![\\w.:@\\-${LETTERS}]|\\{[{%])`, 'giu');
const OF_URL = `\\w\\-.~:/?#[\\]@!$&'()*+,;=%${LETTERS}`;
/** Rest of a URL in the source: its characters, and Liquid outputs between them. */
const REST_OF_URL = new RegExp(`(?:[${OF_URL}]|\\{\\{[^{}]*\\}\\})*`, 'uy');

/** Returns the source of an SMS with its author's links marked; Liquid output within a link is part of it. */
export function markInText(source: string): string {
  let marked = '';
  let at = 0;
  for (const { index, 0: host } of source.matchAll(AUTHORED_IN_TEXT)) {
    if (index < at) continue;
    REST_OF_URL.lastIndex = index + host.length;
    const rest = REST_OF_URL.exec(source)?.[0] ?? '';
    const filled = rest.replaceAll(/\{\{(-?)([^{}]*?)(-?)\}\}/g, '{{$1$2 | in_url $3}}');
    marked += `${source.slice(at, index)}${MARK}${host}${filled}`;
    at = index + host.length + rest.length;
  }
  return marked + source.slice(at);
}

function withMarks(source: string, places: number[]): string {
  const parts = [0, ...places].map((from, index) => source.slice(from, places[index]));
  return parts.join(MARK);
}

/** Rewrites the marked links of a rendered HTML part with `link`; links other than http(s) stay unchanged. */
export function linkHtml(html: string, link: (url: string) => string): string {
  const [first = '', ...parts] = html.split(MARK);
  let before = first;
  return parts.reduce((done, part) => {
    const quote = before.at(-1);
    before = part;
    const end = quote === '"' || quote === "'" ? part.indexOf(quote) : -1;
    const url = end < 0 ? undefined : webAddress(decodeHTMLAttribute(part.slice(0, end)).trim());
    return done + (url === undefined ? part : attribute(link(url)) + part.slice(end));
  }, first);
}

const attribute = (url: string): string =>
  url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/** Punctuation at the end of a sentence is not part of a URL. */
const URL_IN_TEXT = new RegExp(`^https?://[${OF_URL}]*[\\w\\-~/#@$&*+=%${LETTERS}]`, 'iu');

/** A closing bracket at the end belongs to the link if the link contains its opening bracket. */
function urlIn(text: string): string {
  let url = URL_IN_TEXT.exec(text)?.[0] ?? '';
  while (text[url.length] === ')' && url.split('(').length > url.split(')').length) url += ')';
  return url;
}

/** Rewrites the marked links of a rendered SMS. */
export function linkText(text: string, link: (url: string) => string): string {
  const [first = '', ...parts] = text.split(MARK);
  return parts.reduce((done, part) => {
    const found = urlIn(part);
    const url = webAddress(found);
    return done + (url === undefined ? part : link(url) + part.slice(found.length));
  }, first);
}

/** Encodes Liquid output within a URL of an SMS: every character that a URL cannot contain. */
export const inUrl = (value: unknown): string =>
  String(value ?? '')
    .toWellFormed()
    .replaceAll(/[^\w\-.~:/?#[\]@!$&'()*+,;=%]+/g, encodeURIComponent);
