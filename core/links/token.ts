import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MessageId } from '../ids.ts';

/** Purpose of a token. It is signed too, so that a token of one purpose is never valid for the other. */
type Purpose = 'u' | 'c';
const SIGNATURE_CHARACTERS = 16;

const sign = (secret: string, purpose: Purpose, payload: string): string =>
  createHmac('sha256', secret).update(`${purpose}:${payload}`).digest('base64url').slice(0, SIGNATURE_CHARACTERS);

/** Returns the token of a message's unsubscribe page. */
export const unsubscribeToken = (secret: string, message: MessageId): string =>
  `${message}.${sign(secret, 'u', message)}`;

/** Returns the token of a message's n-th link (from 0), whose URL is on the message's row: so the token is short enough for an SMS. */
export const linkToken = (secret: string, message: MessageId, link: number): string => {
  const payload = `${message}.${link}`;
  return `${payload}.${sign(secret, 'c', payload)}`;
};

/** Returns the message of a token that we signed; undefined for anything else. */
export function readUnsubscribeToken(secret: string, token: string): MessageId | undefined {
  const [message, signature, ...rest] = token.split('.');
  if (message === undefined || signature === undefined || rest.length > 0) return undefined;
  return isEqual(signature, sign(secret, 'u', message)) ? message : undefined;
}

export function readLinkToken(secret: string, token: string): { message: MessageId; link: number } | undefined {
  const [message, link, signature, ...rest] = token.split('.');
  if (message === undefined || link === undefined || signature === undefined || rest.length > 0) return undefined;
  return isEqual(signature, sign(secret, 'c', `${message}.${link}`)) ? { message, link: Number(link) } : undefined;
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
