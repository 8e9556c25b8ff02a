import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cairn } from './cairn.ts';

let cairn: Cairn;
let server: Server;
let origin: string;
/** What the receiver answers, by customer. */
const answers: Record<string, number> = {};
const received: { deal: string; by: string; id: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const { by } = JSON.parse(text) as { by: string };
      received.push({ deal: request.url ?? '', by, id: String(request.headers['webhook-id']) });
      const status = answers[by] ?? 200;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ owner: 'mei' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin = `http://${host}`;
  cairn = await Cairn.start(undefined, ['--memory', '--webhook-hosts', host]);
  await cairn.ok('marketer', 'PUT', '/v1/journeys/deal', {
    name: 'Deal',
    entry: { event: 'Deal Won', key: 'deal' },
    exit: [{ event: 'Deal Lost', same: 'deal', outcome: 'lost' }],
    start: 'crm',
    nodes: {
      crm: {
        type: 'webhook',
        url: `${origin}/deals/{{ data.deal }}`,
        body: { by: '{{ profile.id }}' },
        next: 'whose',
        onError: 'failed',
      },
      whose: {
        type: 'branch',
        cases: [{ if: { data: 'crm.body.owner', eq: 'mei' }, next: 'call' }],
        default: 'failed',
      },
      call: { type: 'task', queue: 'sales', title: '{{ data.crm.body.owner }}: {{ data.deal }}', next: 'told' },
      told: { type: 'end', outcome: 'told' },
      failed: { type: 'end', outcome: 'failed' },
    },
  });
  await cairn.publish('deal');
});
afterAll(async () => {
  await cairn.stop();
  server.close();
});

const run = async (profileId: string) =>
  (
    await cairn.ok<{ items: { status: string; node?: string; outcome?: string }[] }>(
      'viewer',
      'GET',
      `/v1/journeys/deal/runs?profileId=${profileId}`,
    )
  ).items[0];
const calls = (by: string) => received.filter((one) => one.by === by);

describe('a webhook', () => {
  it('tells another system, and the journey goes on with its answer', async () => {
    await cairn.identify('ann', {});
    await cairn.track('ann', 'Deal Won', { deal: 'd1' });
    expect(await run('ann')).toMatchObject({ status: 'closed', outcome: 'told' });
    expect(calls('ann')).toEqual([{ deal: '/deals/d1', by: 'ann', id: expect.any(String) }]);
    const { items } = await cairn.ok<{ items: object[] }>('marketer', 'GET', '/v1/tasks?queue=sales');
    expect(items).toContainEqual(expect.objectContaining({ title: 'mei: d1', profileId: 'ann' }));
  });

  it('is called at its own address, whatever a value in it holds', async () => {
    await cairn.track('amy', 'Deal Won', { deal: '../x?y=1#商品' });
    expect(calls('amy')).toMatchObject([{ deal: '/deals/..%2Fx%3Fy%3D1%23%E5%95%86%E5%93%81' }]);
  });

  it('takes the way of an error where it is refused', async () => {
    answers.bea = 404;
    await cairn.identify('bea', {});
    await cairn.track('bea', 'Deal Won', { deal: 'd2' });
    expect(await run('bea')).toMatchObject({ status: 'closed', outcome: 'failed' });
    expect(calls('bea')).toHaveLength(1);
  });

  it('is tried again under one id while the other system is down, and then is an error', async () => {
    answers.cai = 503;
    await cairn.identify('cai', {});
    await cairn.track('cai', 'Deal Won', { deal: 'd3' });
    expect(await run('cai')).toMatchObject({ status: 'open', node: 'crm' });
    await cairn.advance('2m');
    expect(calls('cai')).toHaveLength(3);
    await cairn.advance('30m');
    expect(await run('cai')).toMatchObject({ status: 'closed', outcome: 'failed' });
    expect(calls('cai')).toHaveLength(5);
    expect(new Set(calls('cai').map(({ id }) => id)).size).toBe(1);
  });

  it('gets through once the other system is up again', async () => {
    answers.dan = 500;
    await cairn.identify('dan', {});
    await cairn.track('dan', 'Deal Won', { deal: 'd4' });
    answers.dan = 200;
    await cairn.advance('1m');
    expect(await run('dan')).toMatchObject({ status: 'closed', outcome: 'told' });
  });

  it('is not tried again for a run that an exit has ended', async () => {
    answers.eva = 503;
    await cairn.identify('eva', {});
    await cairn.track('eva', 'Deal Won', { deal: 'd5' });
    await cairn.track('eva', 'Deal Lost', { deal: 'd5' });
    await cairn.advance('1h');
    expect(await run('eva')).toMatchObject({ status: 'closed', outcome: 'lost' });
    expect(calls('eva')).toHaveLength(1);
  });

  it.each([
    ['http://example.com/x', 'must be an https URL'],
    ['ftp://example.com/x', 'must be an https URL'],
    ['https://user:pw@example.com/x', 'must not hold a password'],
    ['https://{{ data.host }}/x', 'must be an https URL'],
    ['https://{{data.host}}.example.com/x', 'the host must not be Liquid'],
  ])('refuses the address %s', async (url, message) => {
    const nodes = { hook: { type: 'webhook', url, next: 'done' }, done: { type: 'end' } };
    const journey = { name: 'X', entry: { event: 'X' }, start: 'hook', nodes };
    const { status, body } = await cairn.as('marketer', 'PUT', '/v1/journeys/refused', journey);
    expect([status, body.errors]).toEqual([422, [{ path: '/nodes/hook/url', message }]]);
  });
});
