import { randomBytes } from 'node:crypto';
import { decodeHTMLAttribute } from 'entities/decode';
import { webAddress } from './web-address.ts';

/**
 * Which links of a message the template's author wrote: those whose scheme and host stand in the source. They are marked before Liquid fills
 * the source in, so that an address out of a customer's data never becomes a redirect of our domain. Random: no data can hold it.
 */
const MARK = `\uE000${randomBytes(12).toString('hex')}\uE001`;

/** Ends the host: what follows is a path, a query, or nothing more. */
const AUTHORED_ATTRIBUTE = /^\s*https?:\/\/[^\s"'<>{}/?#\\@:&]+(?::\d+)?(?=[/?#]|\s*$)/i;
const ANCHOR = /<a(?=[\s{])/gi;
/** An attribute, or what Liquid says between attributes. */
const ATTRIBUTE = /\s*(?:\{[{%][^{}]*[%}]\}|([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|[^\s"'=<>`]+))?|\/)/y;

/** The source of an HTML part with its author's links marked. */
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

/** Of a URL are the characters of RFC 3986, and letters of the scripts that put a blank between words. Chinese may follow a link without one. */
const LETTERS = '\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{M}';
/** A host in the text of an SMS, of ASCII: Chinese may follow it without a blank. One with other letters is left as it is. */
const AUTHORED_IN_TEXT = new RegExp(`https?://[\\w.-]+(?::\\d+)?(?![\\w.:@\\-${LETTERS}]|\\{[{%])`, 'giu');
const OF_URL = `\\w\\-.~:/?#[\\]@!$&'()*+,;=%${LETTERS}`;
/** What of the source belongs to the URL: its characters, and what Liquid puts between them. */
const REST_OF_URL = new RegExp(`(?:[${OF_URL}]|\\{\\{[^{}]*\\}\\})*`, 'uy');

/** The source of an SMS with its author's links marked; what Liquid puts into them stays within them. */
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

/** The marked links of a rendered HTML part, as `link` rewrites them; what is no link of the web stays. */
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

/** What ends a sentence is no part of it. */
const URL_IN_TEXT = new RegExp(`^https?://[${OF_URL}]*[\\w\\-~/#@$&*+=%${LETTERS}]`, 'iu');

/** A bracket at the end is the link's where the link has opened it. */
function urlIn(text: string): string {
  let url = URL_IN_TEXT.exec(text)?.[0] ?? '';
  while (text[url.length] === ')' && url.split('(').length > url.split(')').length) url += ')';
  return url;
}

/** The same of a rendered SMS. */
export function linkText(text: string, link: (url: string) => string): string {
  const [first = '', ...parts] = text.split(MARK);
  return parts.reduce((done, part) => {
    const found = urlIn(part);
    const url = webAddress(found);
    return done + (url === undefined ? part : link(url) + part.slice(found.length));
  }, first);
}

/** Liquid's filter of what is put into a URL of an SMS: everything that is not a URL's character is encoded. */
export const inUrl = (value: unknown): string =>
  String(value ?? '')
    .toWellFormed()
    .replaceAll(/[^\w\-.~:/?#[\]@!$&'()*+,;=%]+/g, encodeURIComponent);
