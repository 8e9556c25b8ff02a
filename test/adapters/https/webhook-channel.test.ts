import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { webhookChannel } from '../../../adapters/https/webhook-channel.ts';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import type { Headers } from '../../../core/http/receiver.ts';
import type { Outcome } from '../../../engine/messages/ports.ts';

const SECRET = Buffer.from('a secret of twenty-four bytes').toString('base64');
const TOKEN = 'Bearer a-long-token';

let server: Server;
let host: string;
let answer: { status: number; body?: string } | 'never' | 'broken off';
const received: { method: string; headers: IncomingHttpHeaders; body: string }[] = [];
const faults: unknown[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ method: request.method ?? '', headers: request.headers, body });
      if (answer === 'never') return;
      if (answer === 'broken off') {
        response.writeHead(202, { 'content-length': '100' }).write('some', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  received.length = 0;
  faults.length = 0;
  answer = { status: 200 };
});

interface Place {
  url?: string;
  method?: 'POST' | 'PUT';
  headers?: Headers;
  hosts?: string[];
}
const send = (
  { url = `http://${host}/m`, method = 'POST', headers = {}, hosts = [host] }: Place = {},
  secretOf: (id: string) => Promise<string | undefined> = async (id) => (id === 'crm-token' ? TOKEN : undefined),
): Promise<Outcome> =>
  webhookChannel({
    requests: { secret: async () => SECRET, hosts, clock: () => Date.now(), timeoutMs: 300 },
    secrets: { value: secretOf },
    log: { error: (_message, fields) => void faults.push(fields?.fault) },
  }).send({
    message: 'm1',
    profile: 'p',
    template: 'hello',
    source: 'api:x',
    settings: defaultSettings(),
    target: { channel: 'webhook', url, method, headers },
    content: { channel: 'webhook', body: { text: '你好', left: 3 } },
  });

describe('a message by webhook', () => {
  it('is posted with its id, signed so that the standard’s own library takes it', async () => {
    expect(await send()).toEqual({ kind: 'sent', providerId: 'm1' });
    const [request] = received;
    const headers = request?.headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(request?.body ?? '', headers)).toEqual({ text: '你好', left: 3 });
    expect(headers).toMatchObject({ 'webhook-id': 'm1', 'content-type': 'application/json' });
  });

  it('goes by the method and with the headers of the settings, secrets included', async () => {
    await send({ method: 'PUT', headers: { Authorization: { secret: 'crm-token' }, 'X-Team': 'crm' } });
    expect(received).toMatchObject([{ method: 'PUT', headers: { authorization: TOKEN, 'x-team': 'crm' } }]);
  });

  it.each([
    [202, 'sent'],
    [302, 'temporary'],
    [400, 'permanent'],
    [404, 'permanent'],
    [408, 'temporary'],
    [410, 'permanent'],
    [429, 'throttled'],
    [500, 'temporary'],
    [503, 'temporary'],
  ])('that is answered by %i is %s', async (status, kind) => {
    answer = { status, body: 'why' };
    expect(await send()).toMatchObject(kind === 'sent' ? { kind } : { kind, detail: `status ${status}: why` });
    expect(faults).toEqual(kind === 'permanent' ? [`status ${status}`] : []);
  });

  it('shows no secret that the receiver echoes', async () => {
    answer = { status: 400, body: JSON.stringify({ authorization: TOKEN }) };
    const outcome = await send({ headers: { Authorization: { secret: 'crm-token' } } });
    expect(outcome).toEqual({ kind: 'permanent', detail: 'status 400: {"authorization":"•••"}' });
  });

  it('is unknown where the receiver has it and never answers', async () => {
    answer = 'never';
    expect(await send()).toMatchObject({ kind: 'unknown' });
    expect(received).toHaveLength(1);
  });

  it('is sent where the answer breaks off after its status', async () => {
    answer = 'broken off';
    expect(await send()).toEqual({ kind: 'sent', providerId: 'm1' });
  });

  it('is tried again where no connection was made', async () => {
    const free = createTcpServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const gone = `127.0.0.1:${(free.address() as AddressInfo).port}`;
    await new Promise((resolve) => free.close(resolve));
    expect(await send({ url: `http://${gone}/`, hosts: [gone] })).toMatchObject({ kind: 'temporary' });
  });

  it('is tried again where TLS was never agreed on, so that nothing has left', async () => {
    const mute = createTcpServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const named = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    expect(await send({ url: `https://${named}/`, hosts: [named] })).toMatchObject({ kind: 'temporary' });
    mute.close();
  });

  it.each(['https://169.254.169.254/latest/meta-data/', 'https://localhost:1/', 'http://127.0.0.1:1/'])(
    'is refused for good, and logged as refused, where the guards do not allow %s',
    async (url) => {
      expect(await send({ url, hosts: [] })).toMatchObject({ kind: 'permanent' });
      expect(faults).toEqual(['not allowed']);
    },
  );

  it('is refused where the secret of a header is gone, and tried again where it cannot be read', async () => {
    expect(await send({ headers: { A: { secret: 'none' } } })).toEqual({
      kind: 'permanent',
      detail: 'the secret of the header A is gone',
    });
    const unreadable = async () => {
      throw new Error('throttled');
    };
    expect(await send({ headers: { A: { secret: 'crm-token' } } }, unreadable)).toMatchObject({ kind: 'temporary' });
    expect(received).toEqual([]);
  });
});
