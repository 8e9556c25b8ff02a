import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/mobile/es6';
import { MAX_EMAIL_BYTES } from '../limits.ts';
import type { Address, Addresses, PushAddress } from './profile.ts';

/** Most tokens of one customer's devices; the newest stay. */
const MAX_TOKENS = 10;
/** Between the dots of a local part, and of a domain: no blanks, controls or zero-width characters (\p{Z}, \p{C}). */
const PREDICATE = /^[^\p{C}\p{Z}<>(),;:"\\[\]]+$/u;
const LABEL = /^(?!-)(?:[^\p{C}\p{Z}\p{P}]|-)+(?<!-)$/u;

/** RFC 5321 without quoted local parts and address literals; Unicode as RFC 6531 has it. */
function isMailbox(text: string): boolean {
  const [local = '', domain = '', ...more] = text.split('@');
  const labels = domain.split('.');
  return (
    Buffer.byteLength(text) <= MAX_EMAIL_BYTES &&
    more.length === 0 &&
    Buffer.byteLength(local) <= 64 &&
    local.split('.').every((predicate) => PREDICATE.test(predicate)) &&
    labels.length > 1 &&
    labels.every((label) => label.length <= 63 && LABEL.test(label))
  );
}

/** Returns an e-mail address unchanged; a malformed one is kept and marked. */
export function emailAddress(value: string): Address {
  const trimmed = value.trim();
  return {
    value: trimmed,
    status: isMailbox(trimmed) ? 'ok' : 'bad',
  };
}

/** Parses a number to E.164 (ITU), by `country` if it has no `+`; a value that is no mobile number is kept and marked. */
export function smsAddress(value: string, country: string): Address {
  const home: CountryCode | undefined = isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(value.trim(), home);
  return number?.isValid() ? { value: number.number, status: 'ok' } : { value: value.trim(), status: 'bad' };
}

/** The same value keeps its status; a new one starts without. */
export const replaced = (held: Address | undefined, next: Address): Address =>
  held?.value === next.value ? held : next;

/** Adds the token, or moves it to the front; drops the oldest beyond ten. */
export function withToken(tokens: readonly PushAddress[] | undefined, token: PushAddress): PushAddress[] {
  const held = tokens?.find((one) => one.value === token.value);
  const others = (tokens ?? []).filter((one) => one.value !== token.value);
  const kept = held && held.at > token.at ? held : { ...token, status: held?.status ?? token.status };
  return [kept, ...others].sort((a, b) => b.at - a.at).slice(0, MAX_TOKENS);
}

/** Replaces a token by the provider's new value. */
export const withRenewed = (tokens: readonly PushAddress[], old: string, renewed: string): PushAddress[] =>
  tokens.some(({ value }) => value === old)
    ? tokens.flatMap((token) =>
        token.value === renewed ? [] : [token.value === old ? { ...token, value: renewed } : token],
      )
    : [...tokens];

/**
 * Merges the addresses of two profiles: the address of the newer trait wins (`newer`: that of `from`). If both have the same value and one has marked
 * it, the mark stays.
 */
export function mergedAddresses(into: Addresses, from: Addresses, newer: Record<'email' | 'sms', boolean>): Addresses {
  const chosen = (kind: 'email' | 'sms'): Address | undefined => {
    const [own, other] = [into[kind], from[kind]];
    if (own !== undefined && own.value === other?.value) return own.status === 'ok' ? other : own;
    return newer[kind] ? other : own;
  };
  const [email, sms] = [chosen('email'), chosen('sms')];
  const push = (from.push ?? []).reduce((tokens, token) => withToken(tokens, token), [...(into.push ?? [])]);
  return {
    ...(email ? { email } : {}),
    ...(sms ? { sms } : {}),
    ...(push.length > 0 ? { push } : {}),
  };
}
