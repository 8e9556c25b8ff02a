import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { hashId, profileKeyOfUser } from '../../../core/ids.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import { allRoutes } from '../../../lib/routes.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let api: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
  api = harness(tables.client);
});
afterAll(() => tables.stop());

const PHONE = '13800138000';
const EMAIL = 'wei.chen@example.com';
const SECRETS = [PHONE, '138 0013 8000', EMAIL, 'wei.chen', 'token-of-a-phone', '5559876'];
const HELLO = {
  name: 'Hello',
  owner: 'growth',
  entry: { event: 'Hello' },
  start: 'done',
  nodes: { done: { type: 'end' } },
};
const TAG = { name: 'Known', layer: 'base', owner: 'growth', use: 'test', reviewBy: '2027-05-01' };

interface Entry {
  actor: string;
  action: string;
  kind: string;
  id: string;
  comment?: string;
  outcome?: string;
  status?: number;
  refused?: string;
}
const audit = async () => (await api.call('GET', '/v1/audit?limit=200')).body.items as Entry[];

async function customer(userId: string): Promise<void> {
  const key = profileKeyOfUser(userId);
  await api.deps.profiles.updateProfile(key, undefined, {
    identity: { kind: 'user', id: userId },
    pv: 1,
    traits: {
      email: { value: EMAIL, ts: NOW, by: 'm' },
      phoneNumbers: { value: [13800138000, '138 0013 8000'], ts: NOW, by: 'm' },
      [`of ${EMAIL}`]: { value: 1, ts: NOW, by: 'm' },
      workTel: { value: '5559876', ts: NOW, by: 'm' },
    },
    addresses: {
      email: { value: EMAIL, status: 'ok' },
      sms: { value: `+86${PHONE}`, status: 'ok' },
      push: [{ value: 'token-of-a-phone', platform: 'ios', status: 'ok', at: NOW }],
    },
  } as Parameters<typeof api.deps.profiles.updateProfile>[2]);
  await api.deps.profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, pv: 1 });
}

describe('a viewer', () => {
  const viewer = { as: 'vic', roles: '[viewer]' };
  const key = profileKeyOfUser(EMAIL);

  beforeAll(async () => {
    await customer(EMAIL);
    const event: CairnEvent = {
      id: `of-${PHONE}`,
      type: 'track',
      name: `Called ${PHONE}`,
      at: NOW,
      receivedAt: NOW,
      index: 0,
      properties: {
        [PHONE]: [Number(PHONE)],
        note: 'not 5559876',
        url: `https://x.cn/?e=${encodeURIComponent(EMAIL)}`,
      },
      key: 'server',
    };
    await api.deps.profiles.putEvents(key, [event]);
    await api.deps.tasks.create({
      id: hashId('task', 1),
      queue: `agents ${PHONE}`,
      title: 'Call 5559876',
      profile: key,
      source: { kind: 'journey', id: 'hello', version: 1, node: 'call', run: 'r' },
      at: NOW,
    });
    await api.call('PUT', '/v1/journeys/hello', { body: HELLO });
    await api.call('PUT', '/v1/lists/fair', { body: { name: 'Fair' } });
    await api.call('POST', '/v1/lists/fair/members', { body: { profileIds: [EMAIL] } });
    await api.call('PUT', '/v1/tags/known', { body: TAG });
    const run = hashId('run', 1);
    const entered = {
      entry: run,
      profile: key,
      journey: 'hello',
      version: 1,
      key: PHONE,
      at: NOW,
      data: {},
    };
    await api.deps.runs.create(entered, api.clock.now);
    await api.call('POST', '/v1/journeys/hello/submit', { body: { comment: `Asked by ${EMAIL}` }, as: EMAIL });
  });

  test.each([
    `/v1/profiles/${encodeURIComponent(EMAIL)}`,
    `/v1/profiles/${encodeURIComponent(EMAIL)}/timeline`,
    '/v1/tasks',
    '/v1/journeys/hello/runs',
    '/v1/journeys/hello',
    '/v1/lists/fair/members',
    '/v1/lists/fair/export',
    '/v1/audit',
  ])('sees no address in GET %s, whole as it is to a marketer', async (path) => {
    const full = JSON.stringify((await api.call('GET', path, { roles: '[marketer]' })).body);
    const seen = JSON.stringify((await api.call('GET', path, viewer)).body);
    if (path !== '/v1/journeys/hello') expect(SECRETS.filter((secret) => full.includes(secret))).not.toEqual([]);
    expect(SECRETS.filter((secret) => seen.includes(secret))).toEqual([]);
    expect(seen.length).toBeGreaterThan(full.length / 2);
  });

  test('sees no address in a problem', async () => {
    const path = `/v1/profiles/x/timeline?${EMAIL}=1`;
    expect(JSON.stringify((await api.call('GET', path, { roles: '[marketer]' })).body)).toContain(EMAIL);
    const seen = await api.call('GET', path, viewer);
    expect(seen.status).toBe(422);
    expect(JSON.stringify(seen.body)).not.toContain(EMAIL);
  });

  test.each(['tags', 'segments'])(
    'asks no condition of their own of %s, and the refusal stands in the log',
    async (kind) => {
      await api.call('PUT', `/v1/${kind}/known`, {
        body: kind === 'tags' ? TAG : { name: 'Known', if: { tag: 'known' } },
      });
      const preview = (asked: object, body?: object) =>
        api.call('POST', `/v1/${kind}/known/preview`, { ...asked, body });
      const free = { if: { trait: 'phone', startsWith: '138' } };
      expect((await preview(viewer)).status).toBe(200);
      expect((await preview(viewer, {})).status).toBe(200);
      expect(await preview(viewer, free)).toMatchObject({
        status: 403,
        body: { detail: 'A condition in the body needs the role marketer; yours is viewer.' },
      });
      expect((await preview({ roles: '[marketer]' }, free)).status).toBe(200);
      expect(await audit()).toContainEqual(
        expect.objectContaining({
          actor: 'vic',
          action: 'preview',
          kind,
          id: 'known',
          outcome: 'refused',
          status: 403,
        }),
      );
    },
  );
});

describe('the audit log', () => {
  test('knows of an act before it is done, and what became of it', async () => {
    const during: Entry[][] = [];
    const { pause } = { pause: api.deps.rules.setPause };
    api.deps.rules.setPause = async (...args) => {
      during.push(await audit());
      return pause(...args);
    };
    try {
      await api.call('POST', '/v1/channels/sms/pause', { as: 'ada', body: { reason: 'an outage' } });
    } finally {
      api.deps.rules.setPause = pause;
    }
    const asked = { actor: 'ada', action: 'pause', kind: 'channels', id: 'sms', comment: 'an outage' };
    expect(during[0]?.[0]).toEqual({ at: expect.any(String), ...asked });
    expect((await audit())[0]).toEqual({ at: expect.any(String), ...asked, outcome: 'done', status: 200 });
  });

  test('that cannot be written leaves the act undone', async () => {
    const { add } = api.deps.audit;
    api.deps.audit.add = async () => {
      throw new Error('no table');
    };
    try {
      await expect(api.call('PUT', '/v1/tags/unheard', { body: TAG })).rejects.toThrow('no table');
    } finally {
      api.deps.audit.add = add;
    }
    expect((await api.call('GET', '/v1/tags/unheard')).status).toBe(404);
  });

  test('records what was refused, and what failed', async () => {
    await api.call('POST', '/v1/journeys/nowhere/publish', { as: 'bob' });
    expect((await audit())[0]).toMatchObject({ actor: 'bob', id: 'nowhere', outcome: 'refused', status: 404 });
    const { head } = api.deps.definitions;
    api.deps.definitions.head = async () => {
      throw new Error('broken');
    };
    try {
      await expect(api.call('POST', '/v1/journeys/hello/publish', { as: 'cat' })).rejects.toThrow('broken');
    } finally {
      api.deps.definitions.head = head;
    }
    expect((await audit())[0]).toMatchObject({ actor: 'cat', outcome: 'failed', status: 500 });
  });

  test('holds no id of a customer', async () => {
    await customer('kim@example.com');
    await api.call('PATCH', '/v1/profiles/kim%40example.com', { body: { traits: { city: 'Wuhan' } } });
    await api.call('DELETE', '/v1/lists/fair/members/kim%40example.com');
    const [taken, patched] = await audit();
    expect(patched).toMatchObject({ kind: 'profiles', id: profileKeyOfUser('kim@example.com') });
    expect(taken).toMatchObject({ kind: 'lists', id: `fair/${profileKeyOfUser('kim@example.com')}` });
  });

  test('is hidden by no long comment: 2,000 characters are taken, more are refused', async () => {
    await api.call('PUT', '/v1/journeys/wordy', { body: HELLO });
    for (const [verb, field] of [
      ['submit', 'comment'],
      ['approve', 'comment'],
      ['reject', 'comment'],
      ['publish', 'comment'],
      ['pause', 'comment'],
      ['pause', 'reason'],
      ['resume', 'comment'],
      ['archive', 'comment'],
    ] as const)
      expect(
        await api.call('POST', `/v1/journeys/wordy/${verb}`, { body: { [field]: 'x'.repeat(700_000) } }),
      ).toMatchObject({ status: 422, body: { errors: [{ path: `/${field}` }] } });
    for (const verb of ['pause', 'resume']) {
      const field = verb === 'pause' ? 'reason' : 'comment';
      const answer = await api.call('POST', `/v1/channels/push/${verb}`, { body: { [field]: 'x'.repeat(395_000) } });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: `/${field}` }] } });
    }
    expect(
      (await api.call('POST', '/v1/journeys/wordy/submit', { body: { comment: '好'.repeat(2_000) } })).status,
    ).toBe(200);
  });
});

describe('whatever stands in the path or the query', () => {
  const LONG = 'x'.repeat(3_000);
  const ODD = [LONG, '%F0%9F%98%80'.repeat(200), '\u0000', '%00', '%ED%A0%80', '..', '%2e%2e', ' ', 'a b', '"', '%'];

  test.each(allRoutes.map((route) => [route.method, route.path] as const))(
    '%s %s answers 4xx to ids that nothing has',
    async (method, path) => {
      for (const odd of ODD) {
        const at = path.replaceAll(
          /\{\w+\+?\}/g,
          encodeURI(decodeURI(odd === '%' || odd === '%ED%A0%80' ? '%25' : odd)),
        );
        if (at === path) return;
        const answer = await api.call(method, at, { body: {} });
        expect([at, answer.status < 500]).toEqual([at, true]);
      }
    },
  );

  test.each(
    allRoutes
      .filter(({ role }) => role !== 'public')
      .map(({ method, path, query }) => [method, path, Object.keys(query?.shape ?? {})] as const),
  )(
    '%s %s refuses a parameter that it does not know, by its name, and names those that there are',
    async (method, path, known) => {
      const at = path.replaceAll(/\{\w+\+?\}/g, (name) =>
        name === '{channel}' || path.startsWith('/v1/channels') ? 'sms' : 'nobody',
      );
      expect(await api.call(method, `${at}?by%2Fthe=moon`, { body: {} })).toMatchObject({
        status: 422,
        body: {
          errors: [{ path: '/query/by~1the', message: `unknown parameter. There are: ${known.join(', ') || 'none'}` }],
        },
      });
    },
  );

  test.each(['0x10', '1e1', ' 5', '5 ', '', '0', '201', '-1', '5,5', '٣', '1.0'])(
    'limit=%j is refused',
    async (limit) => {
      expect(await api.call('GET', `/v1/tags?limit=${encodeURIComponent(limit)}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/limit' }] },
      });
    },
  );
  test.each(['0x1', '1e0', ''])('version=%j is refused', async (version) => {
    expect(await api.call('GET', `/v1/tags/known?version=${version}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/query/version' }] },
    });
  });

  test('names of other definitions that nothing can have are refused, not looked for', async () => {
    const nodes = { send: { type: 'send', template: LONG, next: 'done' }, done: { type: 'end' } };
    const put = await api.call('PUT', '/v1/journeys/far', { body: { ...HELLO, start: 'send', nodes } });
    expect(put.status).toBeLessThan(500);
    if (put.status < 300) expect((await api.call('POST', '/v1/journeys/far/submit')).status).toBe(422);
    expect((await api.call('PUT', '/v1/tags/far', { body: { ...TAG, if: { tag: LONG } } })).status).toBeLessThan(500);
    expect((await api.call('PUT', '/v1/tags/far', { body: { ...TAG, if: { event: LONG } } })).status).toBeLessThan(500);
    expect((await api.call('POST', '/v1/messages', { body: { profileId: LONG, template: LONG } })).status).toBe(422);
    expect((await api.call('POST', '/v1/journeys/hello/trigger', { body: { profileId: 'x', key: LONG } })).status).toBe(
      422,
    );
  });
});

describe('a cursor', () => {
  beforeEach(async () => {
    for (const id of ['one', 'two', 'three']) await api.call('PUT', `/v1/lists/${id}`, { body: { name: id } });
  });
  const next = async (path: string, asked = {}) => String((await api.call('GET', path, asked)).body.next);

  test('leads on as it was given, and changed in any place it is refused', async () => {
    const cursor = await next('/v1/lists?limit=1');
    expect((await api.call('GET', `/v1/lists?limit=1&cursor=${cursor}`)).status).toBe(200);
    const [position = '', signature = ''] = cursor.split('.');
    const forged = Buffer.from(
      Buffer.from(position, 'base64url')
        .toString()
        .replace(/.{3}\]$/, 'zz"]'),
    ).toString('base64url');
    for (const changed of [
      position,
      `${position}.`,
      `${forged}.${signature}`,
      `${position}.${signature.slice(0, -1)}A`,
      `${cursor}.x`,
      `.${signature}`,
      'nonsense',
      'x'.repeat(9_000),
      await next('/v1/tags?limit=1'),
    ])
      expect(await api.call('GET', `/v1/lists?limit=1&cursor=${changed}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/cursor' }] },
      });
  });

  test('leads viewers on as well', async () => {
    const viewer = { roles: '[viewer]' };
    const cursor = await next('/v1/lists?limit=1', viewer);
    expect(cursor).toBe(await next('/v1/lists?limit=1'));
    expect((await api.call('GET', `/v1/lists?limit=1&cursor=${cursor}`, viewer)).status).toBe(200);
  });

  test('of the CSV stands in Link', async () => {
    const { profileIds } = { profileIds: Array.from({ length: 3 }, (_, index) => `csv-${index}`) };
    for (const id of profileIds) await customer(id);
    await api.call('POST', '/v1/lists/one/members', { body: { profileIds } });
    const { headers, body } = await api.call('GET', '/v1/lists/one/export');
    expect(headers).not.toHaveProperty('link');
    expect(String(body.text).split('\r\n').sort()).toEqual(['', 'csv-0', 'csv-1', 'csv-2', 'profileId']);
  });
});
