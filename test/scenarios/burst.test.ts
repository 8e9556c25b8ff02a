import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cairn } from './cairn.ts';

const CUSTOMERS = 30;
const CLIENTS = 6;
const CODES = Array.from({ length: CUSTOMERS }, (_, index) => `CODE-${index}`);

let cairn: Cairn;
let server: Server;
/** Of every webhook that the receiver got: its id, and the customer. */
const called: { id: string; by: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      called.push({ id: String(request.headers['webhook-id']), ...(JSON.parse(text) as { by: string }) });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  cairn = await Cairn.start(undefined, ['--memory', '--webhook-hosts', host]);
  await cairn.install('coupon-pools', 'welcome-50');
  await cairn.ok('marketer', 'POST', '/v1/coupon-pools/welcome-50/codes', { codes: CODES });
  for (const template of ['welcome-coupon', 'tutorial']) await cairn.install('templates', template);
  await cairn.install('tags', 'sleeping');
  await cairn.install('journeys', 'new-customer');
  await cairn.publish('new-customer');
  await cairn.ok('marketer', 'PUT', '/v1/tags/told', { name: 'Told', layer: 'base', owner: 'sales', use: 'test' });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/after', {
    name: 'After',
    entry: { api: true },
    reentry: 'always',
    start: 'call',
    nodes: { call: { type: 'task', queue: 'after', title: 'After', next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('after');
  await cairn.ok('marketer', 'PUT', '/v1/journeys/deal', {
    name: 'Deal',
    entry: { event: 'Signed Up' },
    start: 'crm',
    nodes: {
      crm: { type: 'webhook', url: `http://${host}/deals`, body: { by: '{{ profile.id }}' }, next: 'call' },
      call: { type: 'task', queue: 'sales', title: 'Call', next: 'mark' },
      mark: { type: 'update', traits: { told: true }, addTags: ['told'], next: 'onward' },
      onward: { type: 'journey', journey: 'after', next: 'done' },
      done: { type: 'end', outcome: 'told' },
    },
  });
  await cairn.publish('deal');
});
afterAll(async () => {
  await cairn.stop();
  server.close();
});

/** As an SDK sends it: nothing waits for what it causes. */
async function post(type: string, message: Record<string, unknown>): Promise<void> {
  const authorization = `Basic ${Buffer.from('dev:').toString('base64')}`;
  const { status } = await cairn.call('POST', `/v1/${type}`, message, { authorization });
  if (status !== 200) throw new Error(`${type}: ${status}`);
}

async function customerComes(userId: string): Promise<void> {
  const context = {
    device: { type: 'ios', token: `token-${userId}` },
    consent: { categoryPreferences: { push: true, sms: true } },
  };
  await Promise.all([
    post('identify', { userId, traits: { name: userId }, context }),
    post('track', { userId, event: 'Signed Up' }),
    post('page', { userId, name: 'Home' }),
  ]);
}

const userIds = Array.from({ length: CUSTOMERS }, (_, index) => `u${index}`);

describe('thirty customers who sign up at once', () => {
  beforeAll(async () => {
    const queue = [...userIds];
    const client = async () => {
      for (let userId = queue.shift(); userId !== undefined; userId = queue.shift()) await customerComes(userId);
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    await cairn.local('POST', 'settle');
    // What the queues have put back for later comes as well.
    await cairn.advance('30m');
  });

  it('each get one welcome, with a code that nobody else has', async () => {
    const sent = await cairn.outbox({ channel: 'push' });
    const codes = sent.map(({ body }) => /CODE-\d+/.exec(body ?? '')?.[0]);
    expect(sent.map(({ profileId }) => profileId).sort()).toEqual([...userIds].sort());
    expect(codes.sort()).toEqual([...CODES].sort());
    const pool = await cairn.ok('viewer', 'GET', '/v1/coupon-pools/welcome-50');
    expect(pool).toMatchObject({ left: 0, drawn: CUSTOMERS });
  });

  it('are each told to the other system once', () => {
    expect(called.map(({ by }) => by).sort()).toEqual([...userIds].sort());
    expect(new Set(called.map(({ id }) => id)).size).toBe(CUSTOMERS);
  });

  it('are each the subject of one task, and enter the next journey once', async () => {
    for (const queue of ['sales', 'after']) {
      const { items } = await cairn.ok<{ items: { profileId: string }[] }>(
        'marketer',
        'GET',
        `/v1/tasks?queue=${queue}&limit=100`,
      );
      expect(items.map(({ profileId }) => profileId).sort()).toEqual([...userIds].sort());
    }
  });
});
