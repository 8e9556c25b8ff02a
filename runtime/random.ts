import { randomBytes } from 'node:crypto';

/** Returns this many random bytes as base64url. */
export const randomText = (bytes: number): string => randomBytes(bytes).toString('base64url');
