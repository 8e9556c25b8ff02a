import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Credentials that the emulators require in a request's signature: new at each start, so that only this process's own functions have them. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export const newCredentials = (): Credentials => ({
  accessKeyId: randomBytes(20).toString('hex'),
  secretAccessKey: randomBytes(20).toString('hex'),
});

/** An emulator's answer to other callers, in AWS's words. */
export const UNKNOWN_CALLER = {
  __type: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

/** Whether a request to an emulator on that port comes from this process's own SDK clients. */
export function isOwnCall(headers: IncomingHttpHeaders, accessKeyId: string, port: number): boolean {
  const signed = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(headers.authorization ?? '')?.[1];
  return signed === accessKeyId && foreignness(headers, port) === undefined;
}

/**
 * Returns why a request to a server on 127.0.0.1 may come from another site's web page, or undefined if it does not. A page reaches the server either
 * by its address (the request then has the page's Origin or Sec-Fetch-Site, preflight or not), or by a domain that resolves to it (the request's Host
 * is then that domain). Programs such as curl send neither.
 */
export function foreignness(headers: IncomingHttpHeaders, port: number): string | undefined {
  const names = ['127.0.0.1', 'localhost'].map((name) => (port === 80 ? name : `${name}:${port}`));
  const host = headers.host?.toLowerCase() ?? '';
  if (!names.includes(host)) return `The Host must be ${names.join(' or ')}.`;
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host}`)
    return 'The Origin must be absent or this server itself.';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'Sec-Fetch-Site must be same-origin.';
  return undefined;
}
