import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MessageId } from '../ids.ts';

/** What a token is good for; it goes into the signature, so that one never serves as the other. */
type Purpose = 'u' | 'c';
const SIGNATURE_CHARACTERS = 16;

const sign = (secret: string, purpose: Purpose, payload: string): string =>
  createHmac('sha256', secret).update(`${purpose}:${payload}`).digest('base64url').slice(0, SIGNATURE_CHARACTERS);

/** Of the unsubscribe page of a message. */
export const unsubscribeToken = (secret: string, message: MessageId): string =>
  `${message}.${sign(secret, 'u', message)}`;

/** Of a message's n-th link (from 0), which its row knows: short enough for an SMS. */
export const linkToken = (secret: string, message: MessageId, link: number): string => {
  const payload = `${message}.${link}`;
  return `${payload}.${sign(secret, 'c', payload)}`;
};

/** The message of a token that we signed; undefined for anything else. */
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
