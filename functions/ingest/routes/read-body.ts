import { gunzipSync } from 'node:zlib';
import { isIdField } from '../../../core/events/client-id.ts';
import { parseExactly } from '../../../core/json.ts';
import { MAX_REQUEST_BYTES } from '../../../core/limits.ts';
import { DomainError } from '../../../engine/errors.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';

/**
 * Returns the JSON of the body, which may be application/json or text/plain, gzip or not, base64 or not. Throws a 413 over 500 KB, and a 400 if it
 * cannot be read.
 */
export function readBody(event: HttpEvent): unknown {
  const raw = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (raw.length > MAX_REQUEST_BYTES) throw tooLarge();
  const text = textOf(isGzip(raw) ? gunzip(raw) : raw);
  if (text.trim() === '') throw unreadable('The body is empty.');
  try {
    return parseExactly(text, isIdField);
  } catch {
    throw unreadable('The body is not JSON.');
  }
}

/** Recognises gzip by its first bytes, since some clients omit the header. */
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable('The body is not UTF-8.');
  }
}

function gunzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw unreadable('The body cannot be unzipped.');
  }
}

const tooLarge = () => new DomainError({ code: 'too-large', detail: 'A request may have 500 KB.' });
const unreadable = (detail: string) => new DomainError({ code: 'unreadable', detail });
