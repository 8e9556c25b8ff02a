import { createHmac } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { useAgent } from 'request-filtering-agent';
import { isIdField } from '../../core/events/client-id.ts';
import type { Answer, Method } from '../../core/http/receiver.ts';
import { parseExactly } from '../../core/json.ts';
import type { Clock } from '../../engine/ports.ts';

const TIMEOUT_MS = 5_000;
/** Most bytes of a response that are read. A longer response is cut off, and is then taken as text. */
const MAX_BYTES = 8_192;

/**
 * Forms of IPv6 that contain an IPv4 address (RFC 4291 2.5.5.1, 6052, 8215, 3056, 4380). Their own prefix does not show whether that address is
 * public, so they are refused like private addresses.
 */
const EMBEDDED_IPV4 = ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'];

export interface SignedRequest {
  /** `webhook-id`: the same for every try, so that receivers recognise repeats. */
  id: string;
  url: string;
  method: Method;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

export interface SignedRequestOptions {
  secret: () => Promise<string>;
  /** `host:port` that may be private. */
  hosts: readonly string[];
  clock: Clock;
  timeoutMs?: number;
}

/** How far a request came: the guards refused it, or it never left, or it may have reached its receiver. */
export type Reach = 'refused' | 'unsent' | 'sent';

/** A request without a whole answer. */
export class RequestError extends Error {
  readonly reach: Reach;
  /** The answer began with this status, and broke off. */
  readonly status: number | undefined;

  constructor(message: string, reach: Reach, status?: number) {
    super(message);
    this.name = 'RequestError';
    this.reach = reach;
    this.status = status;
  }
}

/**
 * Sends to URLs that people entered, signed as standardwebhooks.com says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). A name is resolved
 * once, and a connection to an address that is not public is refused, except for `hosts`. Redirects are returned as responses, not followed.
 * @throws RequestError for a receiver's fault
 */
export const signedRequests =
  ({ secret, hosts, clock, timeoutMs = TIMEOUT_MS }: SignedRequestOptions) =>
  async ({ id, url, method, headers: own, body }: SignedRequest): Promise<Answer> => {
    if (!URL.canParse(url)) throw new RequestError('not a URL', 'refused');
    const payload = hasPayload(method, body) ? JSON.stringify(body) : '';
    const timestamp = Math.floor(clock() / 1000);
    const headers = {
      'user-agent': 'Cairn',
      ...(payload === '' ? {} : { 'content-type': 'application/json' }),
      ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name.toLowerCase(), headerText(value)])),
      ...(payload === '' ? {} : { 'content-length': Buffer.byteLength(payload) }),
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatureOf(await secret(), `${id}.${timestamp}.${payload}`),
    };
    return exchange(new URL(url), { method, headers, payload, timeoutMs }, hosts);
  };

/** RFC 9110, 9.3: GET and DELETE need no body; a DELETE may have one. */
const hasPayload = (method: Method, body: Record<string, unknown>): boolean =>
  method !== 'GET' && (method !== 'DELETE' || Object.keys(body).length > 0);

/** As octets of UTF-8 (RFC 9110, 5.5), on one line. */
const headerText = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  Buffer.from(value.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim(), 'utf8').toString('latin1');

/** The secret is base64, as the standard has it, with or without its `whsec_`. */
const signatureOf = (secret: string, signed: string): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(signed)
    .digest('base64')}`;

interface Outgoing {
  method: Method;
  headers: Record<string, string | number>;
  payload: string;
  timeoutMs: number;
}

function exchange(
  url: URL,
  { method, headers, payload, timeoutMs }: Outgoing,
  hosts: readonly string[],
): Promise<Answer> {
  const isOwn = hosts.includes(url.host);
  const isHttp = url.protocol === 'http:';
  if (isHttp && !isOwn) throw new RequestError('only https is called', 'refused');
  const send = isHttp ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    let isSent = false;
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = send(url, { method, headers, agent: agentFor(url, isOwn), signal }, (incoming) => {
      const status = incoming.statusCode ?? 0;
      read(incoming).then(
        (body) => resolve({ status, ...body }),
        (error: unknown) => reject(new RequestError(messageOf(error), 'sent', status)),
      );
    });
    // Nothing of the request leaves before the connection stands, with TLS if it has any.
    outgoing.on('socket', (socket) =>
      socket.once(isHttp ? 'connect' : 'secureConnect', () => {
        isSent = true;
      }),
    );
    outgoing.on('error', (error) =>
      reject(new RequestError(error.message, isSent ? 'sent' : isRefusal(error) ? 'refused' : 'unsent')),
    );
    // Sent as bytes: with a string Node would send the headers in the string's encoding.
    outgoing.end(Buffer.from(payload));
  });
}

/** A new connection for each request: one that is used again may break without showing whether the receiver has the request. */
function agentFor(url: URL, isOwn: boolean): HttpAgent {
  if (!isOwn) return useAgent(url.href, { maxSockets: 10, denyIPAddressList: EMBEDDED_IPV4 });
  return url.protocol === 'http:' ? new HttpAgent() : new HttpsAgent();
}

/** The filtering agent's own errors have neither a class nor a code. */
const isRefusal = ({ message }: Error): boolean => / is not allowed\. Because/.test(message);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function read(incoming: IncomingMessage): Promise<{ body?: unknown }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_BYTES).toString('utf8');
  if (text === '') return {};
  try {
    return { body: parseExactly(text, isIdField) };
  } catch {
    return { body: text };
  }
}
