import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SESv2Client, type SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { once } from '../../adapters/client-options.ts';
import { faultOutcome } from '../../adapters/provider-fault.ts';
import { sesEmail } from '../../adapters/ses/email.ts';
import { defaultSettings } from '../../core/definitions/settings.ts';
import { PROVIDER_REFUSED } from '../../core/metrics/log-lines.ts';
import type { Outcome } from '../../engine/messages/ports.ts';
import { logger } from '../../runtime/log.ts';

/** A real SDK client with the senders' settings against a server of ours, so that it throws the same errors as in production. */
let server: Server;
let origin: string;
let answer: RequestListener;
let requests: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests += 1;
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = 0;
  answer = (_request, response) => response.end('{"MessageId":"m1"}');
});

function send(endpoint = origin, handler: SESv2ClientConfig['requestHandler'] = {}): Promise<Outcome> {
  const client = new SESv2Client({
    ...once,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    endpoint,
    requestHandler: { ...once.requestHandler, ...handler },
  });
  return sesEmail({ senders: [], from: 'shop@example.com', configurationSet: 'cairn', log: logger }, client).send({
    message: 'm1',
    profile: 'p1',
    template: 't1',
    source: 'journey:welcome:mail',
    settings: defaultSettings(),
    target: { channel: 'email', address: 'wei@example.com' },
    content: { channel: 'email', subject: 'Hello', text: 'Hello' },
  });
}

const refusal =
  (status: number, type: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'x-amzn-errortype': type }).end('{"message":"said by AWS"}');

const page =
  (status: number): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html></html>');

describe('a request that left and was not answered is unknown, and is not made again', () => {
  it.each<[string, RequestListener]>([
    ['no answer comes in time', () => undefined],
    ['the connection breaks before the answer', (request) => request.socket.destroy()],
    [
      'the connection breaks within the answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"Message', () => request.socket.destroy());
      },
    ],
    ['it is answered with 200 and something else than JSON', page(200)],
    ['it is answered with 500 by something that is not the provider', page(500)],
    ['it is answered with 500 without a name', (_request, response) => response.writeHead(500).end('{"message":"?"}')],
    ['a gateway lost the answer', page(502)],
    ['a gateway waited in vain', page(504)],
  ])('where %s', async (_what, listener) => {
    answer = listener;
    expect(await send(origin, { requestTimeout: 60 })).toEqual({ kind: 'unknown', detail: expect.any(String) });
    expect(requests).toBe(1);
  });
});

describe('a request that never left may be tried again', () => {
  it('where nobody listens', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await send(`http://127.0.0.1:${port}`)).toMatchObject({ kind: 'temporary' });
  });

  it('where the name is not known', async () => {
    const httpAgent = new Agent({
      lookup: (host, _options, found) =>
        found(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), []),
    });
    expect(await send('http://email.example', { httpAgent })).toMatchObject({ kind: 'temporary' });
  });

  it('where no connection is made in time', async () => {
    const httpAgent = new Agent({ lookup: () => undefined });
    const outcome = await send('http://email.example', { httpAgent, connectionTimeout: 20, requestTimeout: 5_000 });
    expect(outcome).toMatchObject({ kind: 'temporary' });
    expect(requests).toBe(0);
  });
});

describe('a refusal', () => {
  it.each<[string, Outcome['kind'], RequestListener]>([
    ['429 TooManyRequestsException', 'throttled', refusal(429, 'TooManyRequestsException')],
    ['400 ThrottlingException', 'throttled', refusal(400, 'ThrottlingException')],
    ['400 with its namespace', 'throttled', refusal(400, 'ThrottlingException:http://internal.amazon.com/')],
    ['429 of a name that the SDK does not know', 'throttled', refusal(429, 'SlowDown')],
    ['500', 'temporary', refusal(500, 'InternalServiceErrorException')],
    ['503 as a page of a load balancer', 'temporary', page(503)],
  ])('of %s is %s: it may be tried again, but not by the SDK', async (_what, kind, listener) => {
    answer = listener;
    expect(await send()).toMatchObject({ kind });
    expect(requests).toBe(1);
  });

  it.each<[string, RequestListener]>([
    ['403 AccessDeniedException', refusal(403, 'AccessDeniedException')],
    ['400 BadRequestException', refusal(400, 'BadRequestException')],
    ['404 NotFoundException', refusal(404, 'NotFoundException')],
  ])('of %s is final, and logged for the alarm without what may hold an address', async (what, listener) => {
    answer = listener;
    const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await send()).toEqual({ kind: 'permanent', detail: expect.stringMatching(/said by AWS/) });
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
    log.mockRestore();
    expect(lines).toEqual([expect.objectContaining({ message: PROVIDER_REFUSED, fault: what.slice(4) })]);
    expect(JSON.stringify(lines)).not.toContain('said by AWS');
    expect(requests).toBe(1);
  });
});

describe('the report of a fault', () => {
  it('is its name and words, and never longer than a row can hold', () => {
    const { detail } = faultOutcome(new RangeError('x'.repeat(100_000)), logger) as { detail: string };
    expect(detail).toMatch(/^RangeError: x+$/);
    expect(Buffer.byteLength(detail)).toBeLessThan(1_000);
  });

  it('is unknown where something was thrown that is no error', () => {
    expect(faultOutcome('broken', logger)).toEqual({ kind: 'unknown', detail: 'broken' });
  });
});
