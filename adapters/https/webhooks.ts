import { createHmac } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { useAgent } from 'request-filtering-agent';
import { isIdField } from '../../core/events/client-id.ts';
import { parseExactly } from '../../core/json.ts';
import type { Method, WebhookAnswer } from '../../core/webhooks/webhook.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Webhooks } from '../../engine/runs/ports.ts';

const TIMEOUT_MS = 5_000;
/** Most bytes of a response that are read. A longer response is cut off, and is then taken as text. */
const MAX_BYTES = 8_192;

/**
 * Forms of IPv6 that contain an IPv4 address (RFC 4291 2.5.5.1, 6052, 8215, 3056, 4380). Their own prefix does not show whether that address is
 * public, so they are refused like private addresses.
 */
const EMBEDDED_IPV4 = ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'];

/**
 * Calls webhooks, signed as standardwebhooks.com says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). A name is resolved once, and a
 * connection to an address that is not public is refused, except for `hosts`. Redirects are returned as responses, not followed.
 */
export function webhooks({
  secret,
  hosts,
  clock,
  timeoutMs = TIMEOUT_MS,
}: {
  secret: () => Promise<string>;
  /** `host:port` that may be private. */
  hosts: readonly string[];
  clock: Clock;
  timeoutMs?: number;
}): Webhooks {
  return {
    async call({ id, url, method, headers: own, body }) {
      if (!URL.canParse(url)) return { status: 0, body: 'not a URL' };
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
      try {
        return await exchange(new URL(url), { method, headers, payload, timeoutMs }, hosts);
      } catch (error) {
        return { status: 0, body: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

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

function exchange(
  url: URL,
  {
    method,
    headers,
    payload,
    timeoutMs,
  }: { method: Method; headers: Record<string, string | number>; payload: string; timeoutMs: number },
  hosts: readonly string[],
): Promise<WebhookAnswer> {
  const isOwn = hosts.includes(url.host);
  const isHttp = url.protocol === 'http:';
  if (isHttp && !isOwn) throw new Error('only https is called');
  const send = isHttp ? httpRequest : httpsRequest;
  const agent = isOwn
    ? isHttp
      ? new Agent()
      : undefined
    : useAgent(url.href, { maxSockets: 10, denyIPAddressList: EMBEDDED_IPV4 });
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = send(url, { method, headers, agent, signal }, (incoming) => {
      read(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, ...body }), reject);
    });
    outgoing.on('error', reject);
    // Sent as bytes: with a string Node would send the headers in the string's encoding.
    outgoing.end(Buffer.from(payload));
  });
}

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
