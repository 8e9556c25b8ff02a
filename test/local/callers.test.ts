import { request } from 'node:http';
import { connect } from 'node:net';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { newCredentials } from '../../local/callers.ts';
import { answer, close, listen } from '../../local/http.ts';
import { onlyOwn } from '../../local/services.ts';
import { startQueues } from '../../local/start-queues.ts';
import { startTables } from '../../local/tables.ts';
import type { Cairn } from '../scenarios/cairn.ts';
import { acquireCairn, releaseCairn } from '../scenarios/pooled-cloud.ts';

type Headers = Record<string, string>;

/** As a browser might send it: `fetch` would set some headers itself. */
function send(url: string, method: string, headers: Headers, body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Requests that a page of another origin can send to `url`. */
const foreign = (url: string): [string, Headers][] => {
  const { port } = new URL(url);
  return [
    ['a name that leads here (DNS rebinding)', { host: `evil.example:${port}` }],
    ['a name that leads here, without a port', { host: 'evil.example' }],
    ['another port of this machine', { host: '127.0.0.1:1' }],
    ['an Origin', { origin: 'https://evil.example' }],
    ['an opaque Origin', { origin: 'null' }],
    ['an Origin of this machine', { origin: 'http://localhost:3000' }],
    ['an Origin that only begins like the own', { origin: `http://127.0.0.1:${port}.evil.example` }],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }],
    ['the rebound name as Origin, too', { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }],
  ];
};

describe('the control plane', () => {
  let cairn: Cairn;
  beforeAll(async () => {
    cairn = await acquireCairn();
  });
  afterAll(() => releaseCairn(cairn));

  it('refuses every call of a page of somebody else, and does nothing', async () => {
    await cairn.identify('ann', { city: 'Shanghai' });
    for (const [what, headers] of foreign(cairn.url)) {
      for (const [method, path, body] of [
        ['POST', 'reset', ''],
        ['POST', 'token', '{"sub":"eve","roles":["admin"]}'],
        ['GET', 'outbox', ''],
        ['POST', 'advance', '{"by":"24h"}'],
        ['OPTIONS', 'reset', ''],
      ] as const) {
        const { status, text } = await send(
          `${cairn.url}/_local/${path}`,
          method,
          { 'content-type': 'text/plain', ...headers },
          body,
        );
        expect(`${what}, ${method} ${path}: ${status}`).toBe(`${what}, ${method} ${path}: 403`);
        expect(text).not.toContain('token"');
      }
    }
    expect((await cairn.as('viewer', 'GET', '/v1/profiles/ann')).status).toBe(200);
  });

  it('serves programs, which send no such header, and a page of its own', async () => {
    const { port } = new URL(cairn.url);
    for (const headers of [
      {},
      { host: `localhost:${port}` },
      { host: `LOCALHOST:${port}` },
      { origin: cairn.url, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { 'content-type': 'application/x-www-form-urlencoded' },
    ])
      expect((await send(`${cairn.url}/_local/now`, 'GET', headers as Headers)).status).toBe(200);
  });

  it('refuses a request that names no host', async () => {
    const socket = connect(Number(new URL(cairn.url).port), '127.0.0.1');
    const said = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.end('GET /_local/now HTTP/1.0\r\n\r\n');
    expect(await said).toMatch(/^HTTP\/1\.1 403/);
  });
});

describe("the stand-ins for AWS's services", () => {
  const credentials = newCredentials();
  const none = () => undefined;
  const stops: (() => Promise<unknown>)[] = [];
  const urls: Record<string, string> = {};
  let tables: Awaited<ReturnType<typeof startTables>>;

  beforeAll(async () => {
    const template = await buildAssembly();
    tables = await startTables(template, { credentials, onBroken: none });
    const queues = await startQueues(template, { credentials, onEnqueue: none, onBroken: none });
    const others = await listen(
      0,
      onlyOwn(credentials.accessKeyId, async (_request, response) => answer(response, 200, {})),
    );
    Object.assign(urls, {
      tables: tables.url,
      queues: queues.url,
      others: `http://127.0.0.1:${others.port}`,
    });
    stops.push(
      () => tables.stop(),
      () => queues.stop(),
      () => close(others.server),
    );
  });
  afterAll(() => Promise.all(stops.map((stop) => stop())));

  const signedBy = (key: string): Headers => ({
    authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261102/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=00`,
    'x-amz-date': '20261102T010000Z',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  });

  it.each(['tables', 'queues', 'others'])(
    'serve nobody who does not know the credentials of this start: %s',
    async (name) => {
      const url = String(urls[name]);
      const keys = ['local', '', newCredentials().accessKeyId, `${credentials.accessKeyId}x`];
      for (const headers of [{}, ...keys.map(signedBy)]) {
        expect((await send(url, 'POST', headers, '{}')).status).toBe(403);
        expect((await send(url, 'GET', headers)).status).toBe(403);
        expect((await send(url, 'OPTIONS', headers)).status).toBe(403);
      }
      expect((await send(`${url}/?X-Amz-Credential=${credentials.accessKeyId}`, 'POST', {}, '{}')).status).toBe(403);
      for (const [, headers] of foreign(url))
        expect((await send(url, 'POST', { ...signedBy(credentials.accessKeyId), ...headers }, '{}')).status).toBe(403);
    },
  );

  it("serve this process's own clients", async () => {
    expect((await tables.client.send(new ListTablesCommand({}))).TableNames).not.toEqual([]);
    const sqs = new SQSClient({ endpoint: String(urls.queues), region: 'us-east-1', credentials });
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).not.toEqual([]);
    expect((await send(String(urls.others), 'POST', signedBy(credentials.accessKeyId), '{}')).status).toBe(200);
  });

  it('want other credentials at each start', () => {
    expect(newCredentials().accessKeyId).not.toBe(credentials.accessKeyId);
    expect(newCredentials().accessKeyId).toHaveLength(40);
  });
});
