import { deliverableEmail, emailAddress } from './address.ts';

/** A sender: the display name, empty if there is none, and the address. */
export interface Mailbox {
  name: string;
  address: string;
}

/** Reads `address`, `Name <address>` or `"Name" <address>`; the domain comes in ASCII. */
export function parseMailbox(text: string): Mailbox {
  const [, name = '', address = text] = /^([^<>]*)<([^<>]*)>\s*$/.exec(text) ?? [];
  return { name: unquoted(name.replaceAll(/\s+/g, ' ').trim()), address: deliverableEmail(address.trim()) };
}

/** Whether SES takes the text as a sender: `address` or `Name <address>`, with ASCII characters before the @. */
export const isSender = (text: string): boolean => {
  const { address } = parseMailbox(text);
  return emailAddress(address).status === 'ok' && /^[!-~]+$/.test(address);
};

/** The form in which senders are compared: mail servers tell no case apart in practice. */
export const senderKey = (mailbox: string): string => parseMailbox(mailbox).address.toLowerCase();

const unquoted = (name: string): string => {
  const [, inner] = /^"(.*)"$/.exec(name) ?? [];
  return inner === undefined ? name : inner.replaceAll(/\\(.)/g, '$1');
};

/** Names that RFC 5322 allows without quotes: atoms with spaces in between. */
const ATOMS = /^[\w!#$%&'*+/=?^`{|}~ -]*$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
/** RFC 2047: an encoded word has 75 characters, 12 of them around the text, which base64 makes a third longer. */
const MAX_WORD_BYTES = 45;

/** Formats a sender for a mail header: a name with other characters is quoted or encoded. A provider reads a bare comma as the end of an address. */
export function formatMailbox({ name, address }: Mailbox): string {
  if (name === '') return address;
  if (ATOMS.test(name)) return `${name} <${address}>`;
  if (PRINTABLE.test(name)) return `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`;
  return `${encodedWords(name)} <${address}>`;
}

function encodedWords(name: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of name) {
    if (Buffer.byteLength(word + character) > MAX_WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((text) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`).join(' ');
}
