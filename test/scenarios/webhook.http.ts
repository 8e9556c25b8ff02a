import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cairn } from './cairn.ts';

let cairn: Cairn;
let server: Server;
let origin: string;
/** Status that the receiver answers, by customer. */
const answers: Record<string, number> = {};
const received: { deal: string; by: string; id: string }[] = [];
/** Calls of nodes that set their own method. */
const others: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      if (path.startsWith('/others/')) {
        others.push({ method, path, headers, body: text });
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ echo: headers.authorization, phone: '+8613800138000', id: 'o1' }));
        return;
      }
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
      call: { type: 'task', queue: 'sales', title: '{{ data.crm.body.owner }}: {{ data.deal }}', next: 'notified' },
      notified: { type: 'end', outcome: 'notified' },
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
  it('calls another system, and the journey goes on with its answer', async () => {
    await cairn.identify('ann', {});
    await cairn.track('ann', 'Deal Won', { deal: 'd1' });
    expect(await run('ann')).toMatchObject({ status: 'closed', outcome: 'notified' });
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
    expect(await run('dan')).toMatchObject({ status: 'closed', outcome: 'notified' });
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

  it('is called by its method with its headers, of which secrets go to the receiver alone', async () => {
    const hook = { type: 'webhook', url: `${origin}/others/{{ data.id }}`, next: 'done' };
    const headers = {
      Authorization: { secret: 'crm-token' },
      'X-Customer': '{{ profile.name }}',
      'X-Gone': '{{ data.gone }}',
    };
    await cairn.ok('marketer', 'PUT', '/v1/journeys/others', {
      name: 'Others',
      entry: { event: 'Look' },
      start: 'read',
      nodes: {
        read: { ...hook, method: 'GET', headers, next: 'write' },
        write: { ...hook, method: 'PATCH', headers: {}, body: { owner: '{{ data.read.body.id }}' }, next: 'drop' },
        drop: { ...hook, method: 'DELETE' },
        done: { type: 'end', outcome: 'notified' },
      },
    });
    expect(await cairn.as('marketer', 'POST', '/v1/journeys/others/submit')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/nodes/read/headers/Authorization/secret', message: 'there is no secret crm-token' }] },
    });
    await cairn.ok('admin', 'PUT', '/v1/secrets/crm-token', { value: 'Bearer a-long-token' });
    await cairn.publish('others');
    await cairn.identify('fay', { name: '费', phone: '+8613800138000' });
    await cairn.track('fay', 'Look', { id: 'x1' });
    expect(others.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/others/x1', ''],
      ['PATCH', '/others/x1', '{"owner":"o1"}'],
      ['DELETE', '/others/x1', ''],
    ]);
    const [read] = others;
    expect(read?.headers).toMatchObject({ authorization: 'Bearer a-long-token', 'webhook-id': expect.any(String) });
    expect(Buffer.from(String(read?.headers['x-customer']), 'latin1').toString()).toBe('费');
    expect(read?.headers).not.toHaveProperty('x-gone');
    expect(read?.headers).not.toHaveProperty('content-type');

    const log = (role: string, node = '') =>
      cairn.ok<{ items: Record<string, unknown>[] }>(role, 'GET', `/v1/journeys/others/webhooks${node}`);
    const { items } = await log('marketer');
    expect(items.map(({ node, status, attempt }) => [node, status, attempt])).toEqual(
      expect.arrayContaining([
        ['drop', 200, 1],
        ['write', 200, 1],
        ['read', 200, 1],
      ]),
    );
    const [answer, ...more] = (await log('marketer', '?node=read')).items;
    expect(more).toEqual([]);
    expect(answer).toEqual({
      at: expect.any(String),
      node: 'read',
      run: expect.any(String),
      profileId: 'fay',
      webhookId: read?.headers['webhook-id'],
      attempt: 1,
      status: 200,
      latencyMs: 0,
      // The receiver has echoed a secret.
      body: '{"echo":"•••","phone":"+8613800138000","id":"o1"}',
    });
    const [masked] = (await log('viewer', '?node=read')).items;
    expect(String(masked?.body)).not.toContain('13800138000');

    // Simulated with the data of the call, but without the secret.
    const { timeline } = await cairn.ok<{ timeline: object[] }>('marketer', 'POST', '/v1/journeys/others/simulate', {
      profile: { traits: { name: 'Fay' } },
      trigger: { properties: { id: 'x2' } },
    });
    expect(timeline).toContainEqual(
      expect.objectContaining({
        node: 'read',
        method: 'GET',
        url: `${origin}/others/x2`,
        headers: { Authorization: { secret: 'crm-token' }, 'X-Customer': 'Fay' },
      }),
    );

    expect(await cairn.as('admin', 'DELETE', '/v1/secrets/crm-token')).toMatchObject({
      status: 409,
      body: { references: [{ kind: 'journeys', id: 'others' }] },
    });
  });

  it('keeps a log of every try, until it gets through', async () => {
    answers.gil = 503;
    await cairn.track('gil', 'Deal Won', { deal: 'd6' });
    answers.gil = 200;
    await cairn.advance('1m');
    const { items } = await cairn.ok<{ items: { profileId: string; attempt: number; status: number }[] }>(
      'viewer',
      'GET',
      '/v1/journeys/deal/webhooks?node=crm',
    );
    expect(
      items.filter(({ profileId }) => profileId === 'gil').map(({ attempt, status }) => [attempt, status]),
    ).toEqual([
      [2, 200],
      [1, 503],
    ]);
  });

  it.each([
    [{ method: 'TRACE' }, '/nodes/hook/method'],
    [{ method: 'GET', body: {} }, '/nodes/hook/body'],
    [{ headers: { 'Webhook-Id': 'x' } }, '/nodes/hook/headers/Webhook-Id'],
    [{ headers: { 'content-length': '3' } }, '/nodes/hook/headers/content-length'],
    [{ headers: { 'a b': 'x' } }, '/nodes/hook/headers/a b'],
    [{ headers: { A: 'x', a: 'y' } }, '/nodes/hook/headers/a'],
    [{ headers: { A: { secret: 'No such id' } } }, '/nodes/hook/headers/A/secret'],
    [{ headers: { A: '{{ customer.x }}' } }, '/nodes/hook/headers/A'],
  ])('refuses %j', async (more, path) => {
    const nodes = {
      hook: { type: 'webhook', url: 'https://example.com', ...more, next: 'done' },
      done: { type: 'end' },
    };
    const journey = { name: 'X', entry: { event: 'X' }, start: 'hook', nodes };
    const { status, body } = await cairn.as('marketer', 'PUT', '/v1/journeys/refused', journey);
    expect([status, (body.errors as { path: string }[] | undefined)?.map((error) => error.path)]).toEqual([
      422,
      [path],
    ]);
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
