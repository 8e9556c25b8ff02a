import { isDeeper, MAX_LEVELS, pointerToInfinity } from '../json.ts';
import {
  MAX_CONSENTS,
  MAX_EMAIL_BYTES,
  MAX_ITEM_BYTES,
  MAX_ITEM_WITH_CONTEXT_BYTES,
  MAX_NAME_CHARACTERS,
  MAX_PHONE_CHARACTERS,
  MAX_TOKEN_CHARACTERS,
} from '../limits.ts';
import type { Call } from './calls.ts';
import { ID_FIELDS, idFault, idOf } from './client-id.ts';
import { isConsentKey } from './consent-key.ts';
import { instant, isGiven } from './instants.ts';

export type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const asObject = (value: unknown): Json => (isObject(value) ? value : {});

export interface Fault {
  /** JSON pointer into the item. */
  path: string;
  message: string;
}
export const fault = (path: string, message: string): Fault => ({ path, message });

/** Bytes of an item's JSON: as its client sent it, and with the batch's `context` and `sentAt` added. */
export interface ItemBytes {
  alone: number;
  withContext: number;
}

/** Returns the first fault of the item as JSON: its depth, its size, or numbers that JSON cannot represent. */
export function jsonFault(item: Json, { alone, withContext }: ItemBytes): Fault | undefined {
  if (isDeeper(item, MAX_LEVELS)) return fault('', `is nested more than ${MAX_LEVELS} levels deep`);
  if (alone > MAX_ITEM_BYTES) return fault('', 'is over 32 KB');
  if (withContext > MAX_ITEM_WITH_CONTEXT_BYTES) return fault('', "is over 64 KB with the batch's context");
  const infinity = pointerToInfinity(item);
  return infinity === undefined ? undefined : fault(infinity, 'is a number that is too large');
}

const NO_INSTANT = 'must be an ISO 8601 instant, or epoch milliseconds (13 digits) or seconds (10 digits)';

/** Returns the first field that is missing, of the wrong type or over its limit (`core/limits.ts`), in the order in which they are read. */
export function shapeFault(item: Json, call: Call): Fault | undefined {
  for (const name of ID_FIELDS) {
    const message = idFault(item[name]);
    if (message !== undefined) return fault(`/${name}`, message);
  }
  for (const name of ['properties', 'traits', 'context'] as const) {
    if (item[name] !== undefined && item[name] !== null && !isObject(item[name]))
      return fault(`/${name}`, 'must be an object');
  }
  for (const name of ['timestamp', 'originalTimestamp', 'sentAt'] as const) {
    if (isGiven(item[name]) && instant(item[name]) === undefined) return fault(`/${name}`, NO_INSTANT);
  }
  return missingFieldFault(item, call) ?? traitsFault(item, call) ?? contextFault(asObject(item.context));
}

function missingFieldFault(item: Json, call: Call): Fault | undefined {
  if (call === 'track') {
    if (typeof item.event !== 'string' || item.event === '') return fault('/event', 'must be the name of the event');
    const message = nameFault(item.event);
    if (message !== undefined) return fault('/event', message);
  }
  if (call === 'group' && idOf(item.groupId) === undefined) return fault('/groupId', 'is missing');
  if (call === 'alias' && idOf(item.previousId) === undefined) return fault('/previousId', 'is missing');
  if (call === 'alias' && idOf(item.userId) === undefined) return fault('/userId', 'is missing');
  if (idOf(item.userId) === undefined && idOf(item.anonymousId) === undefined)
    return fault('/userId', 'userId or anonymousId is missing');
  return undefined;
}

/** Returns why the text cannot be the name of an event or a trait. */
export function nameFault(name: string): string | undefined {
  if (name.length > MAX_NAME_CHARACTERS) return `must be at most ${MAX_NAME_CHARACTERS} characters`;
  return name.isWellFormed() ? undefined : 'must be valid Unicode: it holds a lone surrogate';
}

function traitsFault(item: Json, call: Call): Fault | undefined {
  if (call !== 'identify' && call !== 'group') return undefined;
  const at = isObject(item.traits) ? '/traits' : '/context/traits';
  const traits = call === 'group' ? asObject(item.traits) : traitsOf(item);
  for (const name of Object.keys(traits)) {
    const message = name === '__proto__' ? 'must not be __proto__' : nameFault(name);
    if (message !== undefined) return fault(at, `names of traits: ${message}`);
  }
  return call === 'group' ? undefined : addressFault(traits, at);
}

/** Traits of `identify`; RudderStack's browser SDK sends them in the context alone. */
export const traitsOf = (item: Json): Json => asObject(item.traits ?? asObject(item.context).traits);

/** Refuses traits that can be neither a mailbox nor a phone number. A malformed address is kept and marked. */
export function addressFault(traits: Json, at: string): Fault | undefined {
  const { email, phone } = traits;
  if (typeof email === 'string' && Buffer.byteLength(email.trim()) > MAX_EMAIL_BYTES)
    return fault(`${at}/email`, `must be at most ${MAX_EMAIL_BYTES} bytes`);
  const isNumber = typeof phone === 'string' || typeof phone === 'number';
  if (isNumber && String(phone).trim().length > MAX_PHONE_CHARACTERS)
    return fault(`${at}/phone`, `must be at most ${MAX_PHONE_CHARACTERS} characters`);
  return undefined;
}

function contextFault(context: Json): Fault | undefined {
  const { token } = asObject(context.device);
  if (typeof token === 'string' && token.length > MAX_TOKEN_CHARACTERS)
    return fault('/context/device/token', `must be at most ${MAX_TOKEN_CHARACTERS} characters`);
  const preferences = asObject(asObject(context.consent).categoryPreferences);
  return Object.keys(preferences).filter(isConsentKey).length > MAX_CONSENTS
    ? fault('/context/consent/categoryPreferences', `must be at most ${MAX_CONSENTS} channels and topics`)
    : undefined;
}
