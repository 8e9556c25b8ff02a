import { filters as builtIn, type Context, type FilterImplOptions } from 'liquidjs';
import { isTimezone } from '../time/local.ts';

/** Target of the text: plain, HTML or a URL. `| raw` leaves a value unescaped. */
export type LiquidTarget = 'text' | 'html' | 'url';

/** The `this` with which LiquidJS calls a filter. */
type Filtering = ThisParameterType<Extract<FilterImplOptions, (...args: never[]) => unknown>>;
type Filter = (this: Filtering, value: unknown, ...args: unknown[]) => unknown;
type OutputFilter = (this: Filtering, value: unknown) => string;

/** Text that is already HTML, or part of a URL. Any further filter makes it plain text again. */
class Escaped extends String {}

/** Returns how a value is written, and the filters that differ from LiquidJS's own. */
export function filtersFor(target: LiquidTarget): { output: OutputFilter; filters: Record<string, FilterImplOptions> } {
  return { output: OUTPUTS[target], filters: { ...DATES, ...ESCAPING[target] } };
}

const OUTPUTS: Record<LiquidTarget, OutputFilter> = {
  text: toText,
  html(value) {
    return value instanceof Escaped ? String(value) : String(escapeHtml.call(this, toText(value)));
  },
  url: (value) => (value instanceof Escaped ? String(value) : encodeURIComponent(toText(value).toWellFormed())),
};

/** Writes an object, or a list that contains one, as JSON, and the plain values of a list one after another. */
function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.some(isObject) ? JSON.stringify(value) : value.map(toText).join('');
  return isPlainObject(value) ? JSON.stringify(value) : String(value);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isPlainObject = (value: unknown): boolean =>
  isObject(value) && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);

/** Returns LiquidJS's own filter of that name. @throws TypeError if a newer version has none */
function builtInFilter(name: string): Filter {
  const filter = builtIn[name];
  if (typeof filter !== 'function') throw new TypeError(`LiquidJS has no filter ${name}`);
  return filter;
}
const escapeHtml = builtInFilter('escape');
const newlineToBreak = builtInFilter('newline_to_br');

/** Every output is escaped: a filter that escapes marks its result, so that it is not escaped twice. */
const ESCAPING: Record<LiquidTarget, Record<string, FilterImplOptions>> = {
  text: {},
  html: {
    ...escaping('escape', 'xml_escape', 'escape_once'),
    newline_to_br: escaped(function (value) {
      return newlineToBreak.call(this, value instanceof Escaped ? String(value) : escapeHtml.call(this, value));
    }),
  },
  url: escaping('url_encode', 'cgi_escape', 'uri_escape'),
};
function escaping(...names: string[]): Record<string, FilterImplOptions> {
  return Object.fromEntries(names.map((name) => [name, escaped(builtInFilter(name))]));
}
function escaped(filter: Filter): FilterImplOptions {
  return function (this: Filtering, value: unknown) {
    return new Escaped(String(filter.call(this, value)));
  };
}

const DATE_FILTERS = ['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'] as const;

/** Dates are shown in the customer's timezone, `profile.timezone`. */
const DATES: Record<string, FilterImplOptions> = Object.fromEntries(
  DATE_FILTERS.map((name) => [name, inCustomersTimezone(builtInFilter(name))]),
);

/** A day, or a local time without an offset: the same in every timezone. */
const LOCAL = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/;

function inCustomersTimezone(filter: Filter): FilterImplOptions {
  return function (this: Filtering, value: unknown, ...args: unknown[]) {
    const isLocal = typeof value === 'string' && LOCAL.test(value);
    const timezoneOffset = isLocal ? 'UTC' : timezoneOf(this.context);
    const opts = { ...this.context.opts, timezoneOffset };
    const context: Context = Object.create(this.context, { opts: { value: opts } });
    return filter.call({ ...this, context }, isLocal ? asUtc(value) : value, ...args);
  };
}

const asUtc = (local: string): string => (local.length === 10 ? local : `${local.replace(' ', 'T')}Z`);

/** Returns UTC if the variables name no timezone. */
function timezoneOf(context: Context): string {
  const profile: unknown = Reflect.get(context.environments, 'profile');
  const timezone: unknown =
    typeof profile === 'object' && profile !== null ? Reflect.get(profile, 'timezone') : undefined;
  return typeof timezone === 'string' && isTimezone(timezone) ? timezone : 'UTC';
}
