import { MAX_EMAIL_BYTES } from '../../limits.ts';
import { stripInvisible } from '../../strip-invisible.ts';
import type { Address } from '../address.ts';

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

/** Lower case, the domain in ASCII (IDNA). */
export function normalEmail(value: string): string {
  const lower = stripInvisible(value).toLowerCase();
  const at = lower.lastIndexOf('@');
  return at < 0 ? lower : `${lower.slice(0, at)}@${asciiDomain(lower.slice(at + 1))}`;
}

/** Only needed for a domain with other characters: ASCII domains differ only in case. */
function asciiDomain(domain: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(domain) || /[/?#:\\]/.test(domain)) return domain;
  return URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : domain;
}

/** Returns the address as mail servers accept it: the local part unchanged, the domain in ASCII. */
export function deliverableEmail(value: string): string {
  const at = value.lastIndexOf('@');
  return at < 0 ? value : `${value.slice(0, at)}@${asciiDomain(value.slice(at + 1))}`;
}
