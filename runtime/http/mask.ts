import type * as z from 'zod';
import { type KnownValues, knownValues, withoutKnown } from './known-values.ts';

/**
 * Masks addresses and phone numbers in a response for viewers, wherever they stand. One function covers the whole body, so that no route can forget
 * it. The response's schema separates our own values (declared numbers, enumerations, patterns, instants) from data that customers sent.
 */

/** Marks a string of a response schema (`.meta(MASKED)`) as an address, whatever it looks like. Shown in the OpenAPI document. */
export const MASKED = { 'x-masked': true };

/** `ann@example.com` → `a***@example.com`; `+8613800001234` → `+86*********34`. */
export function maskAddress(value: string): string {
  const [sign] = value.match(AT_SIGNS)?.slice(-1) ?? [];
  const at = sign === undefined ? -1 : value.lastIndexOf(sign);
  if (at > 0) return `${value.slice(0, 1)}***${value.slice(at)}`;
  if (value.length <= 5) return '*'.repeat(value.length);
  const shown = /^[+＋]/.test(value) ? 3 : 0;
  return value.slice(0, shown) + '*'.repeat(value.length - shown - 2) + value.slice(-2);
}

const AT_SIGNS = /@|＠|﹫|%40/gi;
/** Words without blanks and punctuation; each is read once, so that the time is linear in the length of the text. */
const WORD = /[^\s<>"',;:()[\]{}=&?|，；：（）]+/g;
const AT_SIGN = /@|＠|﹫|%40/i;
const DOT_WITHIN = /[.。．][^.。．]/;

/** Whether the word has an at sign, and after it a dot with text on both sides. */
function isEmail(word: string): boolean {
  const at = word.slice(1).search(AT_SIGN);
  return at >= 0 && DOT_WITHIN.test(word.slice(at + 2));
}

/**
 * First, strings of digits that are no phone numbers: UUIDs, our own ids, dates and instants. Then digits with the separators of phone numbers, as an
 * international number or with 8 digits and more. Every repetition is bounded.
 */
const DIGITS =
  /(?<ours>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[a-z2-7]{26}\b|\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?)|(?<plus>[+＋]|(?<!\p{Nd})00)?\p{Nd}(?:(?:[^\S\r\n]|[().\-‐‑–—·（）]){0,3}\p{Nd}){6,17}/gu;
const DAY = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;

/** Masks everything in a text that looks like an address, and all known values. */
export function maskedText(text: string, known: KnownValues = knownValues([])): string {
  if (known.all.has(text)) return maskAddress(text);
  const rest = withoutKnown(text, known, maskAddress);
  return rest.replaceAll(WORD, (word) => (isEmail(word) ? maskAddress(word) : word)).replaceAll(DIGITS, maskDigits);
}

function maskDigits(found: string, ...rest: unknown[]): string {
  const groups = rest.at(-1) as { ours?: string; plus?: string }; // named groups come last
  if (groups.ours !== undefined || DAY.test(found)) return found;
  const digits = [...found.matchAll(/\p{Nd}/gu)].length;
  return groups.plus !== undefined || digits >= 8 ? maskAddress(found) : found;
}

const ADDRESS_WORD =
  /^(?:mails?|tels?|cells?|fax|msisdn|whatsapp|tokens?|ip)\d*$|e?mail(?:box|address)|email|phone|mobile|手机|手機|电话|電話|邮箱|郵箱|邮件|微信/u;

/** Whether a property of this name contains an address, whatever its value looks like: `phoneNumber`, `work_email`, `手机号`. */
export function isAddressName(name: string): boolean {
  const words = name
    .slice(0, 255)
    .normalize('NFKC')
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.some((word) => ADDRESS_WORD.test(word));
}

type Schema = z.core.$ZodType;

interface Mask {
  known: KnownValues;
}

/** Returns the body as viewers get it. `known`: addresses of the customers in the body, as they gave them. */
export function maskedBody(body: unknown, schema: z.ZodType | undefined, known: readonly string[] = []): unknown {
  const schemas = schema === undefined ? [] : optionsOf(schema);
  const found = new Set<string>(known);
  collect(body, schemas, false, found);
  return masked(body, schemas, false, { known: knownValues(found) });
}

/** Collects values of the body whose names are those of addresses: texts beside them may quote them. */
function collect(value: unknown, schemas: Schema[], isAddress: boolean, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, elementsOf(schemas), isAddress, found);
  } else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      const { schemas: below, isAddress: is } = memberOf(schemas, name, isAddress);
      collect(inner, below, is, found);
    }
  } else if (isText(value) && (isAddress || isMarked(schemas))) found.add(String(value));
}

const isText = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

function masked(value: unknown, schemas: Schema[], isAddress: boolean, mask: Mask): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, elementsOf(schemas), isAddress, mask));
  if (typeof value === 'string') {
    if (isAddress || isMarked(schemas)) return maskAddress(value);
    return schemas.some((schema) => isClosed(schema, value)) ? value : maskedText(value, mask.known);
  }
  if (typeof value === 'number') return maskedNumber(value, schemas, isAddress, mask);
  if (value === null || typeof value !== 'object') return value;
  const names = new Set<string>();
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const { isDeclared, schemas: below, isAddress: is } = memberOf(schemas, name, isAddress);
      const shown = isDeclared ? name : unused(names, maskedText(name, mask.known));
      names.add(shown);
      return [shown, masked(inner, below, is, mask)];
    }),
  );
}

/** A declared number is our own count or sum; any other may be a phone number. */
function maskedNumber(value: number, schemas: Schema[], isAddress: boolean, { known }: Mask): unknown {
  if (schemas.some((schema) => typeIn(schema, 'number', 'int', 'literal'))) return value;
  if (isAddress) return maskAddress(String(value));
  const text = Number.isInteger(value) ? maskedText(String(value), known) : String(value);
  return text === String(value) ? value : text;
}

/** Keeps two names distinct that look alike once masked. */
function unused(names: ReadonlySet<string>, name: string): string {
  if (!names.has(name)) return name;
  for (let n = 2; ; n += 1) if (!names.has(`${name} (${n})`)) return `${name} (${n})`;
}

/** Returns the schemas that a member of an object may have, from the schemas of the object. */
function memberOf(schemas: Schema[], name: string, isUnder: boolean) {
  const below: Schema[] = [];
  let isDeclared = false;
  for (const schema of schemas) {
    const def = defOf(schema);
    if (def.type === 'object' && def.shape !== undefined && Object.hasOwn(def.shape, name)) {
      isDeclared = true;
      below.push(...[def.shape[name]].filter((one) => one !== undefined).flatMap(optionsOf));
    } else if (def.type === 'object' && def.catchall !== undefined) below.push(...optionsOf(def.catchall));
    else if (def.type === 'record' && def.valueType !== undefined) below.push(...optionsOf(def.valueType));
  }
  // Also a union that has text, as the keys of a report's rows are.
  const isFree =
    below.length === 0 || below.some((schema) => typeIn(schema, 'unknown', 'any', 'string', 'custom', 'never'));
  return { isDeclared, schemas: below, isAddress: isUnder || (!isDeclared && isFree && isAddressName(name)) };
}

function elementsOf(schemas: Schema[]): Schema[] {
  return schemas.flatMap((schema) => {
    const { type, element, items = [] } = defOf(schema);
    if (type === 'array' && element !== undefined) return optionsOf(element);
    return type === 'tuple' ? items.flatMap(optionsOf) : [];
  });
}

/** Returns the schemas that a value may have, without wrappers. */
function optionsOf(schema: Schema): Schema[] {
  const { type, innerType, getter, options, left, right, out } = defOf(schema);
  if (innerType !== undefined) return optionsOf(innerType);
  if (type === 'lazy' && getter !== undefined) return optionsOf(getter());
  if (type === 'union' && options !== undefined) return options.flatMap(optionsOf);
  if (left !== undefined && right !== undefined) return [...optionsOf(left), ...optionsOf(right)];
  return type === 'pipe' && out !== undefined ? optionsOf(out) : [schema];
}

/** Fields of zod's definitions for types that contain others; each type has only some of them. */
interface Def {
  type: string;
  format?: string;
  checks?: z.core.$ZodCheck<never>[];
  shape?: Record<string, Schema>;
  catchall?: Schema;
  valueType?: Schema;
  element?: Schema;
  items?: Schema[];
  innerType?: Schema;
  getter?: () => Schema;
  options?: Schema[];
  left?: Schema;
  right?: Schema;
  out?: Schema;
}
const defOf = (schema: Schema): Def => schema._zod.def as Def;

const typeIn = (schema: Schema, ...types: string[]): boolean => types.includes(schema._zod.def.type);

const isMarked = (schemas: Schema[]): boolean =>
  schemas.some((schema) => (schema as z.ZodType).meta?.()?.['x-masked'] === true);

/** Formats of our own texts, which no address of a customer has. */
const FORMS = ['regex', 'datetime', 'date', 'time', 'uuid'];

function isClosed(schema: Schema, value: string): boolean {
  if (typeIn(schema, 'enum', 'literal')) return isOf(schema, value);
  if (!typeIn(schema, 'string')) return false;
  const { format, checks = [] } = defOf(schema);
  const formats = [format, ...checks.map((check) => (check._zod.def as { format?: string }).format)];
  return formats.some((one) => one !== undefined && FORMS.includes(one)) && isOf(schema, value);
}

const isOf = (schema: Schema, value: string): boolean => (schema as z.ZodType).safeParse(value).success;
