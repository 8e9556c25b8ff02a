import { gunzipSync } from 'node:zlib';
import type { HttpEvent } from '../shared/handlers/http-handler.ts';
import { ProblemError } from '../shared/problem.ts';

/** Segment's limit for one request, as it arrives and unpacked. */
const MOST_BYTES = 500 * 1024;

/** The JSON in the body: JSON or text/plain, gzip or not, base64 or not. 413 over 500 KB, 400 where it cannot be read. */
export function readBody(event: HttpEvent): unknown {
  const raw = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (raw.length > MOST_BYTES) throw tooLarge();
  const text = isGzip(raw) ? gunzip(raw) : raw.toString('utf8');
  if (text.trim() === '') throw unreadable('The body is empty.');
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable('The body is not JSON.');
  }
}

/** By its first bytes: some clients forget the header. */
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function gunzip(bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8');
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw unreadable('The body cannot be unzipped.');
  }
}

const tooLarge = () => new ProblemError({ type: 'too-large', detail: 'A request may have 500 KB.' });
export const unreadable = (detail: string) => new ProblemError({ type: 'unreadable', detail });
