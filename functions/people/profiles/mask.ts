import type { Addresses, Profile } from '../../../core/profiles/profile.ts';
import type { Caller } from '../../shared/http/roles.ts';
import { atLeast } from '../../shared/http/roles.ts';

/** Viewers see addresses masked, wherever these stand. */
export const isMasked = (caller: Caller): boolean => !atLeast(caller, 'marketer');

const EMAIL = /[^\s@<>"',;:]+@[^\s@<>"',;:]+\.[^\s@<>"',;:]+/g;
/** What is no longer is looked for as a whole only, not within a text. */
const SHORTEST = 5;
const PHONE = /\+\d[\d\s().-]{5,18}\d/g;
/** Fields that hold an address whatever their value looks like. */
const ADDRESS_FIELDS = /^(e-?mail|phone|mobile|tel|telephone|token)$/i;

/** `ann@example.com` → `a***@example.com`; `+8613800001234` → `+86*********34`. */
export function maskAddress(value: string): string {
  const at = value.lastIndexOf('@');
  if (at > 0) return `${value.slice(0, 1)}***${value.slice(at)}`;
  if (value.length <= 5) return '*'.repeat(value.length);
  const shown = value.startsWith('+') ? 3 : 0;
  return value.slice(0, shown) + '*'.repeat(value.length - shown - 2) + value.slice(-2);
}

/** Any JSON with its addresses masked: known ones, all that look like one, and the values of fields that are called so. */
export function maskedJson(value: unknown, known: string[]): unknown {
  if (typeof value === 'string') return maskedText(value, known);
  if (Array.isArray(value)) return value.map((item) => maskedJson(item, known));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const whole = ADDRESS_FIELDS.test(name) && (typeof inner === 'string' || typeof inner === 'number');
      return [name, whole ? maskAddress(String(inner)) : maskedJson(inner, known)];
    }),
  );
}

export function maskedText(text: string, known: string[]): string {
  if (known.includes(text)) return maskAddress(text);
  // The longest first: one may be part of another.
  const within = known.filter((value) => value.length > SHORTEST).toSorted((a, b) => b.length - a.length);
  const rest = within.reduce((masked, value) => masked.replaceAll(value, maskAddress), text);
  return rest.replaceAll(EMAIL, maskAddress).replaceAll(PHONE, maskAddress);
}

export const valuesOf = (addresses: Addresses): string[] =>
  [addresses.email?.value, addresses.sms?.value, ...(addresses.push ?? []).map(({ value }) => value)].filter(
    (value) => value !== undefined,
  );

/** Addresses as the customer gave them, too: a text may quote `13800001234` without its country. */
export const secretsOf = ({ addresses, traits }: Profile): string[] => [
  ...valuesOf(addresses),
  ...Object.entries(traits).flatMap(([name, { value }]) =>
    ADDRESS_FIELDS.test(name) && (typeof value === 'string' || typeof value === 'number') ? [String(value)] : [],
  ),
];
