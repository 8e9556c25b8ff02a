import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { webhooks } from '../../../adapters/https/webhooks.ts';
import type { WebhookCall } from '../../../engine/runs/ports.ts';

const SECRET = Buffer.from('a secret of twenty-four bytes').toString('base64');

let server: Server;
let host: string;
let answer: (path: string) => { status: number; body?: string; headers?: Record<string, string> } | 'never';
const received: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      const said = answer(request.url ?? '');
      if (said === 'never') return;
      response.writeHead(said.status, said.headers).end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  received.length = 0;
  answer = () => ({ status: 200 });
});

const post = (
  url: string,
  hosts = [host],
  body: Record<string, unknown> = { name: '新客户' },
  more: Partial<WebhookCall> = {},
) =>
  webhooks({ secret: async () => SECRET, hosts, clock: () => Date.now(), timeoutMs: 300 }).call({
    id: 'w1',
    url,
    method: 'POST',
    headers: {},
    body,
    ...more,
  });

describe('a webhook', () => {
  it('is signed so that the standard’s own library takes it, and nothing that was changed', async () => {
    await post(`http://${host}/crm`);
    const [request] = received;
    const headers = request?.headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(request?.body ?? '', headers)).toEqual({ name: '新客户' });
    expect(headers).toMatchObject({ 'webhook-id': 'w1', 'content-type': 'application/json' });
    expect(() => new Webhook(SECRET).verify('{"name":"x"}', headers)).toThrow('No matching signature');
  });

  it('reads numbers of the answer by their digits', async () => {
    answer = () => ({ status: 200, body: '{"order": 1234567890123456789, "total": 3}' });
    expect(await post(`http://${host}/crm`)).toMatchObject({ body: { order: '1234567890123456789', total: 3 } });
  });

  it.each(['GET', 'DELETE'] as const)('sends no body by %s, and signs that there is none', async (method) => {
    await post(`http://${host}/crm`, [host], {}, { method, headers: { Accept: 'text/plain' } });
    const [request] = received;
    expect(request?.body).toBe('');
    expect(request?.headers).toMatchObject({ accept: 'text/plain', 'webhook-id': 'w1' });
    expect(request?.headers).not.toHaveProperty('content-type');
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request?.headers ?? {};
    const signed = createHmac('sha256', Buffer.from(SECRET, 'base64')).update(`${id}.${at}.`).digest('base64');
    expect(signature).toBe(`v1,${signed}`);
  });

  it('keeps a header on one line, in UTF-8, and lets none replace its own', async () => {
    const headers = { 'X-Name': '新\r\nX-Other: 1', 'webhook-id': 'mine', 'Content-Type': 'application/vnd.api+json' };
    await post(`http://${host}/crm`, [host], {}, { method: 'PUT', headers });
    const [request] = received;
    expect(Buffer.from(String(request?.headers['x-name']), 'latin1').toString()).toBe('新 X-Other: 1');
    expect(request?.headers).toMatchObject({ 'webhook-id': 'w1', 'content-type': 'application/vnd.api+json' });
    expect(request?.headers).not.toHaveProperty('x-other');
  });

  it.each([
    ['JSON', '{"ok":true}', { body: { ok: true } }],
    ['text', 'thanks', { body: 'thanks' }],
    ['nothing', '', {}],
  ])('gives back %s', async (_what, body, read) => {
    answer = () => ({ status: 201, body });
    expect(await post(`http://${host}/`)).toEqual({ status: 201, ...read });
  });

  it('reads no more of an answer than a run can hold', async () => {
    answer = () => ({ status: 200, body: 'x'.repeat(1_000_000) });
    expect(await post(`http://${host}/`)).toEqual({ status: 200, body: 'x'.repeat(8_192) });
  });

  it('does not follow a redirect', async () => {
    answer = (path) => (path === '/a' ? { status: 302, headers: { location: '/b' } } : { status: 200 });
    expect(await post(`http://${host}/a`)).toEqual({ status: 302 });
    expect(received.map(({ path }) => path)).toEqual(['/a']);
  });

  it('gives up on who never answers', async () => {
    answer = () => 'never';
    expect(await post(`http://${host}/`)).toMatchObject({ status: 0 });
  });

  it.each([
    'https://127.0.0.1:{port}/',
    'https://localhost:{port}/',
    'https://[::1]:{port}/',
    'https://[::ffff:127.0.0.1]:{port}/',
    'https://[::127.0.0.1]:{port}/',
    'https://[64:ff9b::127.0.0.1]:{port}/',
    'https://[2002:7f00:1::]:{port}/',
    'https://0x7f000001:{port}/',
    'https://0.0.0.0:{port}/',
    'https://10.0.0.1/',
    'https://172.16.3.4/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/meta-data/',
    'https://[64:ff9b::a9fe:a9fe]/',
  ])('does not reach %s', async (url) => {
    const refused = await post(url.replace('{port}', host.split(':')[1] ?? ''), []);
    expect(refused).toEqual({ status: 0, body: expect.stringMatching(/not allowed/) });
    expect(received).toEqual([]);
  });

  it('calls nobody without TLS but whom the team named', async () => {
    expect(await post(`http://${host}/`, [])).toEqual({ status: 0, body: 'only https is called' });
    expect(await post('not a url')).toEqual({ status: 0, body: 'not a URL' });
  });
});
