import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

const ROLES = ['viewer', 'marketer', 'approver', 'admin'] as const;
type Role = (typeof ROLES)[number];

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface Operation {
  method: string;
  path: string;
  /** As the document declares it; `public`: no token is needed. */
  declared: string;
}

/** Every operation of `GET /v1/openapi.json` that needs a role; event calls need a write key instead. */
async function operations(): Promise<Operation[]> {
  const { status, body } = await cairn.call<{
    paths: Record<string, Record<string, { description?: string; security?: unknown[]; tags?: string[] }>>;
  }>('GET', '/v1/openapi.json');
  expect(status).toBe(200);
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { tags }]) => !tags?.includes('ingestion'))
      .map(([method, { description, security }]) => ({
        method: method.toUpperCase(),
        path,
        declared: security?.length === 0 ? 'public' : (/^Role: (\w+)/.exec(description ?? '')?.[1] ?? 'none'),
      })),
  );
}

/** `docs/security.md#authentication-and-roles`: what stands out. All other GETs and what writes nothing are a viewer's, all other changes a marketer's. */
const CONTRACT: Record<string, Role | 'public'> = {
  'GET /v1/openapi.json': 'public',
  'POST /v1/journeys/{id}/approve': 'approver',
  'POST /v1/journeys/{id}/reject': 'approver',
  'POST /v1/campaigns/{id}/approve': 'approver',
  'POST /v1/campaigns/{id}/reject': 'approver',
  'POST /v1/channels/{id}/resume': 'approver',
  'POST /v1/resume': 'approver',
  // It changes nothing; a draft in the body needs a marketer.
  'POST /v1/campaigns/{id}/plan': 'viewer',
  'PUT /v1/settings': 'admin',
  'GET /v1/keys': 'admin',
  'POST /v1/keys': 'admin',
  'DELETE /v1/keys/{id}': 'admin',
  'DELETE /v1/profiles/{id}': 'admin',
  'GET /v1/addresses': 'admin',
  'GET /v1/dead-letters': 'admin',
  'POST /v1/dead-letters/{queue}/redrive': 'admin',
  'GET /v1/secrets': 'marketer',
  'PUT /v1/secrets/{id}': 'admin',
  'DELETE /v1/secrets/{id}': 'admin',
  'POST /v1/addresses': 'admin',
  // The answer contains data that viewers see masked.
  'POST /v1/templates/{id}/preview': 'marketer',
};
function contracted({ method, path }: Operation): Role | 'public' {
  const named = CONTRACT[`${method} ${path}`];
  if (named !== undefined) return named;
  return method === 'GET' || (method === 'POST' && path.endsWith('/preview')) ? 'viewer' : 'marketer';
}

/** A call of the operation that changes nothing: an unknown id, an empty body. */
const tried = (operation: Operation): [string, string, unknown] => [
  operation.method,
  operation.path.replaceAll(/\{\w+\}/g, 'nobody'),
  ['POST', 'PUT', 'PATCH'].includes(operation.method) ? {} : undefined,
];
const lower = (role: Role): Role[] => ROLES.slice(0, ROLES.indexOf(role));

describe('S14, every route that is declared', () => {
  beforeEach(() => cairn.reset());

  it('asks for the role that the contract gives it', async () => {
    const all = await operations();
    expect(all.length).toBeGreaterThan(60);
    const asked = Object.fromEntries(all.map((one) => [`${one.method} ${one.path}`, one.declared]));
    expect(asked).toEqual(Object.fromEntries(all.map((one) => [`${one.method} ${one.path}`, contracted(one)])));
  });

  it('refuses whoever has less, with a reason, and hears whoever has enough', async () => {
    const wrong: string[] = [];
    const check = (name: string, is: boolean, { status, body }: Answer) => {
      if (!is) wrong.push(`${name}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
    };
    for (const operation of await operations()) {
      const role = contracted(operation);
      if (role === 'public') continue;
      const call = tried(operation);
      const name = `${operation.method} ${operation.path}`;
      for (const less of [...lower(role), 'stranger']) {
        const answer = await cairn.as(`lee:${less}`, ...call);
        const detail = `This needs the role ${role}; yours is ${less === 'stranger' ? 'none' : less}.`;
        const isRefused =
          answer.status === 403 &&
          answer.headers.get('content-type') === 'application/problem+json' &&
          answer.body.type === '/problems/forbidden' &&
          answer.body.detail === detail;
        check(`${name} by ${less}`, isRefused, answer);
      }
      for (const enough of ROLES.slice(ROLES.indexOf(role))) {
        const answer = await cairn.as(`lee:${enough}`, ...call);
        check(`${name} by ${enough}`, answer.status !== 401 && answer.status !== 403 && answer.status < 500, answer);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('is shut to whoever has no token', async () => {
    const open: string[] = [];
    for (const operation of await operations()) {
      if (contracted(operation) === 'public') continue;
      const { status, headers } = await cairn.call(...tried(operation));
      if (status !== 401 || headers.get('www-authenticate') === null)
        open.push(`${operation.method} ${operation.path}: ${status}`);
    }
    expect(open).toEqual([]);
  }, 60_000);
});

describe('S14, a token', () => {
  beforeEach(() => cairn.reset());

  const withToken = (authorization?: string): Promise<Answer> =>
    cairn.call('GET', '/v1/settings', undefined, authorization === undefined ? {} : { authorization });
  const minted = async (more: object = {}): Promise<string> =>
    (await cairn.local<{ token: string }>('POST', 'token', { sub: 'ann', roles: ['viewer'], ...more })).token;

  it('holds however far the clock moves, unless it has an end', async () => {
    const [lasting, ending] = [await minted(), await minted({ validFor: '1h' })];
    await cairn.advance('59m');
    expect((await withToken(`Bearer ${ending}`)).status).toBe(200);
    await cairn.advance('2m');
    expect((await withToken(`Bearer ${ending}`)).status).toBe(401);
    await cairn.advance('3650d');
    expect((await withToken(`Bearer ${lasting}`)).status).toBe(200);
  });

  it('that is none, of another hand, or changed on its way, is not taken', async () => {
    const good = await minted();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string; aud: string };
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const raised = encoded({ ...claims, 'cognito:groups': ['admin'] });
    const { privateKey } = await generateKeyPair('ES256');
    const foreign = await new SignJWT({ ...claims, 'cognito:groups': ['admin'] })
      .setProtectedHeader({ alg: 'ES256', kid: 'local' })
      .setSubject('ann')
      .sign(privateKey);
    const BAD: Record<string, string | undefined> = {
      absent: undefined,
      empty: 'Bearer ',
      'no JWT': 'Bearer let-me-in',
      'of the wrong scheme': `Basic ${Buffer.from('dev:').toString('base64')}`,
      'with another payload': `Bearer ${header}.${raised}.${signature}`,
      unsigned: `Bearer ${encoded({ alg: 'none', typ: 'JWT' })}.${raised}.`,
      'signed by another': `Bearer ${foreign}`,
    };
    const statuses = await Promise.all(
      Object.entries(BAD).map(async ([name, authorization]) => [name, (await withToken(authorization)).status]),
    );
    expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(Object.keys(BAD).map((name) => [name, 401])));
    expect((await withToken(`Bearer ${good}`)).status).toBe(200);
  });

  it('counts by its highest role; names that are no roles count for nothing', async () => {
    const settings = async (roles: string[]) => {
      const authorization = `Bearer ${await minted({ roles })}`;
      const read = await cairn.call('GET', '/v1/settings', undefined, { authorization });
      const put = await cairn.call('PUT', '/v1/settings', {}, { authorization });
      return [read.status, put.status];
    };
    expect(await settings(['viewer', 'admin'])).toEqual([200, 200]);
    expect(await settings(['marketer', 'approver'])).toEqual([200, 403]);
    expect(await settings(['Admin', 'administrator', 'owner'])).toEqual([403, 403]);
    expect(await settings([])).toEqual([403, 403]);
  });

  it('is not a write key, nor the other way round', async () => {
    const event = { userId: 'ann', event: 'Logged In' };
    for (const authorization of [`Bearer ${await minted({ roles: ['admin'] })}`, 'Basic bm9ib2R5Og==', ''])
      expect(await cairn.call('POST', '/v1/track', event, { authorization })).toMatchObject({
        status: 401,
        body: { type: '/problems/unauthenticated', status: 401 },
      });
    const refused = await cairn.call('POST', '/v1/track', event);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
  });
});

interface Audited {
  items: { actor: string; action: string; kind: string; id: string; refused?: string }[];
}
const audit = async (): Promise<Audited['items']> => (await cairn.ok<Audited>('viewer', 'GET', '/v1/audit')).items;

describe('S14, a journey from hand to hand', () => {
  beforeEach(() => cairn.reset());

  const definition = {
    name: 'Hello',
    owner: 'growth',
    entry: { event: 'Hello' },
    start: 'done',
    nodes: { done: { type: 'end' } },
  };
  const act = (who: string, verb: string, body?: object) => cairn.as(who, 'POST', `/v1/journeys/hello/${verb}`, body);

  it('is read by a viewer, who can neither write nor publish it', async () => {
    await cairn.ok('mia:marketer', 'PUT', '/v1/journeys/hello', definition);
    await cairn.ok('mia:marketer', 'POST', '/v1/journeys/hello/submit');
    await cairn.ok('ada:approver', 'POST', '/v1/journeys/hello/approve', {});
    expect((await cairn.as('vic:viewer', 'GET', '/v1/journeys/hello')).body).toMatchObject({ status: 'approved' });
    expect((await cairn.as('vic:viewer', 'PUT', '/v1/journeys/hello', definition)).status).toBe(403);
    expect(await act('vic:viewer', 'publish')).toMatchObject({
      status: 403,
      body: { type: '/problems/forbidden', detail: 'This needs the role marketer; yours is viewer.' },
    });
    expect((await cairn.as('vic:viewer', 'GET', '/v1/journeys/hello')).body).toMatchObject({ status: 'approved' });
    const refused = { actor: 'vic', kind: 'journeys', id: 'hello' };
    const why = 'This needs the role marketer; yours is viewer.';
    const seen = (await audit()).filter(({ actor }) => actor === 'vic');
    // Both have the same instant, so that their order is open.
    expect(seen.toSorted((a, b) => b.action.localeCompare(a.action))).toEqual(
      ['put', 'publish'].map((action) => expect.objectContaining({ ...refused, action, refused: why })),
    );
  });

  it('is not published before somebody has approved it', async () => {
    await cairn.ok('mia:marketer', 'PUT', '/v1/journeys/hello', definition);
    expect((await act('mia:marketer', 'publish')).status).toBe(409);
    await cairn.ok('mia:marketer', 'POST', '/v1/journeys/hello/submit');
    expect((await act('mia:marketer', 'publish')).status).toBe(409);
    expect((await act('mia:marketer', 'approve', {})).status).toBe(403);
    await cairn.ok('ada:approver', 'POST', '/v1/journeys/hello/approve', {});
    expect(await act('mia:marketer', 'publish')).toMatchObject({ status: 200, body: { status: 'published' } });
  });

  it('is not approved by who has written of it, however high the role, and the refusal stands in the log', async () => {
    await cairn.ok('ada:approver', 'PUT', '/v1/journeys/hello', definition);
    await cairn.ok('root:admin', 'PUT', '/v1/journeys/hello', { ...definition, name: 'Hello again' });
    await cairn.ok('mia:marketer', 'POST', '/v1/journeys/hello/submit');
    for (const author of ['ada:approver', 'root:admin']) {
      const refused = await act(author, 'approve', { publish: true });
      expect(refused).toMatchObject({
        status: 403,
        body: { type: '/problems/forbidden', detail: expect.stringContaining('cannot approve') },
      });
      const actor = author.split(':')[0];
      expect((await audit()).filter((entry) => entry.actor === actor && entry.refused !== undefined)).toEqual([
        expect.objectContaining({ action: 'approve', kind: 'journeys', id: 'hello', refused: refused.body.detail }),
      ]);
    }
    expect((await cairn.as('viewer', 'GET', '/v1/journeys/hello')).body).toMatchObject({ status: 'submitted' });
    expect(await act('eve:approver', 'approve', { publish: true })).toMatchObject({
      status: 200,
      body: { status: 'published', approver: 'eve' },
    });
  });
});

describe('S14, who is masked', () => {
  const EMAIL = 'wei.chen@example.com';
  const PHONE = '138 0013 8000';
  const SECRETS = [EMAIL, 'wei.chen', PHONE, '13800138000', 'token-of-a-phone'];

  beforeAll(async () => {
    await cairn.reset();
    await cairn.ok('marketer', 'PUT', '/v1/templates/hello', {
      class: 'transactional',
      content: { email: { subject: 'For {{ profile.email }}', text: 'We call {{ profile.phone }}.' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/tags/known', {
      name: 'Known',
      layer: 'base',
      owner: 'growth',
      use: 'test',
      reviewBy: '2027-05-01',
      if: { trait: 'email', exists: true },
    });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/call', {
      name: 'Call',
      owner: 'growth',
      entry: { event: 'Form Sent' },
      start: 'call',
      nodes: {
        call: { type: 'task', queue: 'sales', title: 'Call {{ profile.phone }} or {{ profile.email }}', next: 'done' },
        done: { type: 'end' },
      },
    });
    await cairn.publish('call');
    for (const userId of ['wei', EMAIL])
      await cairn.identify(
        userId,
        { name: 'Wei', email: EMAIL, phone: PHONE, note: `not ${PHONE}` },
        { context: { device: { type: 'ios', token: 'token-of-a-phone' } } },
      );
    await cairn.track('wei', 'Form Sent', { contact: EMAIL, text: `reach me at ${PHONE}` });
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: 'wei', template: 'hello' });
    await cairn.ok('marketer', 'POST', '/v1/profiles/wei/consents', {
      key: 'sms',
      granted: true,
      text: `said on ${PHONE}`,
    });
    await cairn.local('POST', 'settle');
  });

  const READ = [
    '/v1/profiles/wei',
    `/v1/profiles?email=${encodeURIComponent(EMAIL)}`,
    '/v1/profiles/wei/timeline',
    '/v1/profiles/wei/consents',
    '/v1/tasks?queue=sales',
    '/v1/tags/known/export',
    '/v1/tags/known/members',
  ];
  const shown = ({ body }: Answer<unknown>): string => JSON.stringify(body);

  it.each(READ)('GET %s shows addresses to a marketer and none to a viewer', async (path) => {
    const [full, masked] = [await cairn.as('marketer', 'GET', path), await cairn.as('viewer', 'GET', path)];
    expect([full.status, masked.status]).toEqual([200, 200]);
    expect(SECRETS.filter((secret) => shown(full).includes(secret))).not.toEqual([]);
    expect(SECRETS.filter((secret) => shown(masked).includes(secret))).toEqual([]);
    // Viewers see everything that is not an address.
    expect(shown(masked).length).toBeGreaterThan(shown(full).length / 2);
  });

  it('leaves nothing in messages, runs and the log of changes', async () => {
    const [{ id } = { id: '' }] = (
      await cairn.ok<{ items: { id: string }[] }>('viewer', 'GET', '/v1/messages?profileId=wei')
    ).items;
    expect(id).not.toBe('');
    for (const path of [
      '/v1/messages?profileId=wei',
      `/v1/messages/${id}`,
      '/v1/journeys/call/runs?profileId=wei',
      '/v1/audit',
      '/v1/reports/journey/call',
    ]) {
      const answer = await cairn.as('viewer', 'GET', path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(SECRETS.filter((secret) => shown(answer).includes(secret))).toEqual([]);
    }
  });
});
