import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a stand-in of AWS wants to see in a request's signature: new at each start, so that only this process's own functions know it. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export const newCredentials = (): Credentials => ({
  accessKeyId: randomBytes(20).toString('hex'),
  secretAccessKey: randomBytes(20).toString('hex'),
});

/** The answer of a stand-in to anybody else, in AWS's words. */
export const UNKNOWN_CALLER = {
  __type: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

/** Whether a request to a stand-in on that port comes from this process's own SDK clients. */
export function isOwnCall(headers: IncomingHttpHeaders, accessKeyId: string, port: number): boolean {
  const signed = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(headers.authorization ?? '')?.[1];
  return signed === accessKeyId && foreignness(headers, port) === undefined;
}

/**
 * Why a request to a server on 127.0.0.1 may come from a web page of somebody else; undefined: it does not. A page reaches the server by
 * an address (then it bears the page's Origin or Sec-Fetch-Site, preflight or not), or by a name of its own that it has let lead here
 * (then its Host is that name). Programs such as curl send neither.
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
