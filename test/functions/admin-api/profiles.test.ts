import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { hashId, profileKeyOfAnonymous, profileKeyOfUser } from '../../../core/ids.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let api: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
  api = harness(tables.client);
});
afterAll(() => tables.stop());

let serial = 0;
let id = '';
beforeEach(async () => {
  serial += 1;
  id = `user/${serial}@example.com`;
  await customer(id);
});

async function customer(userId: string, more: Partial<Profile> = {}): Promise<void> {
  const profile: Profile = {
    identity: { kind: 'user', id: userId },
    pv: 1,
    traits: {
      email: { value: `${serial}@example.com`, ts: NOW, by: 'm' },
      city: { value: 'Shanghai', ts: NOW, by: 'm' },
      gone: { value: null, ts: NOW, by: 'm' },
    },
    addresses: {
      email: { value: `${serial}@example.com`, status: 'ok' },
      sms: { value: '+8613800001234', status: 'ok' },
    },
    ...more,
  };
  const key = profileKeyOfUser(userId);
  await api.deps.profiles.updateProfile(key, undefined, profile);
  await api.deps.profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, pv: 1 });
}
const at = (userId: string) => `/v1/profiles/${encodeURIComponent(userId)}`;

describe('a profile', () => {
  test('says so when more profiles were merged into it than its runs are looked for under', async () => {
    const merged = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => {
        return { kind: 'merged', key: hashId('merged', serial, from + n), levels: 0 } as const;
      });
    const key = profileKeyOfUser(id);
    await api.deps.profiles.putItems(key, merged(0, 100));
    expect((await api.call('GET', at(id))).body).not.toHaveProperty('more');
    await api.deps.profiles.putItems(key, merged(100, 1));
    expect((await api.call('GET', at(id))).body).toMatchObject({ runs: [], more: true });
  });

  test('is found by its percent-encoded id, with what settings say where it says nothing', async () => {
    const got = await api.call('GET', at(id));
    expect(got).toMatchObject({
      status: 200,
      body: {
        id,
        traits: { email: `${serial}@example.com`, city: 'Shanghai' },
        timezone: 'Asia/Shanghai',
        locale: 'zh-CN',
        addresses: {
          email: { value: `${serial}@example.com`, status: 'ok' },
          sms: { value: '+8613800001234', status: 'ok' },
        },
        consent: {},
        tags: expect.any(Array),
        runs: [],
      },
    });
    expect(got.body.traits).not.toHaveProperty('gone');
    expect((await api.call('GET', at('nobody'))).status).toBe(404);
  });

  test('keeps the digits of a number that a double would round', async () => {
    const raw = '{"traits": {"crmId": 1234567890123456789, "level": 3}}';
    expect((await api.call('PATCH', at(id), { roles: 'marketer', raw })).status).toBe(200);
    expect(JSON.stringify(api.sent)).toContain('"traits":{"crmId":"1234567890123456789","level":3}');
  });

  test('a merged anonymous profile answers with the one that it was merged into', async () => {
    const from = profileKeyOfAnonymous(`anon-${serial}`);
    await api.deps.profiles.fenceActivity(from, profileKeyOfUser(id), NOW, undefined);
    expect((await api.call('GET', at(`anon-${serial}`))).body).toMatchObject({ id });
  });

  test('viewers see addresses masked, in traits, fields and the timeline', async () => {
    const event: CairnEvent = {
      id: 'e',
      type: 'track',
      name: 'Form Sent',
      at: NOW,
      receivedAt: NOW,
      index: 0,
      properties: {
        contact: `${serial}@example.com`,
        note: 'call +86 138-0000-1234 or mail x.y@z.cn',
        phone: 13800001234,
        amount: 5,
      },
      key: 'server',
    };
    await api.deps.profiles.putEvents(profileKeyOfUser(id), [event]);
    const seen = [
      await api.call('GET', at(id), { roles: '[viewer]' }),
      await api.call('GET', `${at(id)}/timeline`, { roles: '[viewer]' }),
    ];
    const text = JSON.stringify(seen.map(({ body }) => ({ ...body, id: undefined })));
    for (const secret of [`"${serial}@example.com`, '13800001234', '138-0000-1234', 'x.y@z.cn'])
      expect(text).not.toContain(secret);
    expect(text).toContain('***@example.com');
    const full = await api.call('GET', `${at(id)}/timeline`, { roles: '[marketer]' });
    expect(full.body).toMatchObject({
      items: [
        {
          messageId: 'e',
          event: 'Form Sent',
          timestamp: '2026-11-02T01:00:00.000Z',
          properties: { amount: 5, phone: 13800001234 },
        },
      ],
    });
  });

  test('its timeline is read event by event, however they came', async () => {
    const event = (n: number): CairnEvent => ({
      id: `e-${n}`,
      type: 'track',
      name: 'E',
      at: NOW + n,
      receivedAt: NOW + n,
      index: 0,
      key: 'server',
    });
    const key = profileKeyOfUser(id);
    await api.deps.profiles.putEvents(key, [event(1), event(2), event(3)]);
    await api.deps.profiles.putEvents(key, [event(4), event(5)]);
    await api.deps.profiles.putEvents(key, [event(6)]);
    const pages: string[][] = [];
    let cursor = '';
    do {
      const { items, next } = (await api.call('GET', `${at(id)}/timeline?limit=2${cursor}`)).body as {
        items: { messageId: string }[];
        next?: string;
      };
      pages.push(items.map(({ messageId }) => messageId));
      cursor = next === undefined ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(pages).toEqual([
      ['e-6', 'e-5'],
      ['e-4', 'e-3'],
      ['e-2', 'e-1'],
    ]);
  });

  test('its timeline begins with the newest of one instant, however small its pages are', async () => {
    const key = profileKeyOfUser(id);
    const event = (n: number): CairnEvent => ({
      id: `same-${n}`,
      type: 'track',
      name: 'E',
      at: NOW,
      receivedAt: NOW,
      sequence: n,
      index: 0,
      key: 'server',
    });
    // Batches lie in the order of their hashes.
    for (let n = 0; n < 12; n += 2) await api.deps.profiles.putEvents(key, [event(n), event(n + 1)]);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, next } = (await api.call('GET', `${at(id)}/timeline?limit=3${cursor}`)).body as {
        items: { messageId: string }[];
        next?: string;
      };
      seen.push(...items.map(({ messageId }) => messageId));
      cursor = next === undefined ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(seen).toEqual(Array.from({ length: 12 }, (_, n) => `same-${11 - n}`));
  });

  test('is found by its address', async () => {
    expect((await api.call('GET', `/v1/profiles?email=${serial}%40EXAMPLE.com`)).body).toMatchObject({
      items: [{ id }],
    });
    expect((await api.call('GET', '/v1/profiles?phone=%2B8613800001234&limit=200')).body.items).toContainEqual(
      expect.objectContaining({ id }),
    );
    expect((await api.call('GET', '/v1/profiles')).status).toBe(422);
  });

  test('PATCH queues the traits first, then writes them; null removes', async () => {
    api.clock.now = NOW + 1_000;
    const patched = await api.call('PATCH', at(id), { body: { traits: { city: 'Berlin', vip: true, email: null } } });
    expect(patched).toMatchObject({ status: 200, body: { traits: { city: 'Berlin', vip: true } } });
    expect(patched.body.traits).not.toHaveProperty('email');
    const key = profileKeyOfUser(id);
    expect(api.sent.events?.at(-1)).toMatchObject({
      group: key,
      body: {
        profile: key,
        events: [{ type: 'identify', at: NOW + 1_000, traits: { city: 'Berlin', vip: true, email: null } }],
      },
    });
    expect((await api.call('PATCH', at(id), { body: { traits: { city: 'x' } }, roles: '[viewer]' })).status).toBe(403);
    expect((await api.call('PATCH', at(id), { body: { trait: {} } })).body).toMatchObject({ status: 422 });
    expect((await api.call('PATCH', at('nobody'), { body: { traits: {} } })).status).toBe(404);
    api.clock.now = NOW;
  });
});

describe('tags by hand', () => {
  const tag = (more: object = {}) => ({ name: 'T', layer: 'base', owner: 'o', use: 'u', ...more });
  test('go to the profile’s own message group; a tag with a rule is 409, an unknown one 404', async () => {
    await api.call('PUT', '/v1/tags/by-hand', { body: tag() });
    await api.call('PUT', '/v1/tags/by-rule', { body: tag({ if: { trait: 'city', eq: 'Shanghai' } }) });
    expect(await api.call('PUT', `${at(id)}/tags/by-hand`)).toMatchObject({
      status: 200,
      body: { tags: expect.arrayContaining([expect.objectContaining({ id: 'by-hand' })]) },
    });
    expect(api.sent.events?.at(-1)).toMatchObject({
      group: profileKeyOfUser(id),
      body: { events: [{ name: '@tag-added', key: 'cairn', properties: { tag: 'by-hand' } }] },
    });
    expect((await api.call('DELETE', `${at(id)}/tags/by-hand`)).status).toBe(204);
    expect(api.sent.events?.at(-1)).toMatchObject({ body: { events: [{ name: '@tag-removed' }] } });
    expect((await api.call('PUT', `${at(id)}/tags/by-rule`)).status).toBe(409);
    expect((await api.call('PUT', `${at(id)}/tags/unknown`)).status).toBe(404);
  });

  test('a rule made after the profile’s last event shows in its tags at once', async () => {
    await api.call('PUT', '/v1/tags/shanghai', { body: tag({ if: { trait: 'city', eq: 'Shanghai' } }) });
    expect((await api.call('GET', at(id))).body.tags).toContainEqual(expect.objectContaining({ id: 'shanghai' }));
  });
});

describe('consent', () => {
  test('an entry is answered with 201, holds at once, and the later one wins', async () => {
    const entry = await api.call('POST', `${at(id)}/consents`, {
      body: { key: 'sms', granted: true, text: 'form of May' },
      as: 'mia',
    });
    expect(entry).toMatchObject({
      status: 201,
      body: {
        key: 'sms',
        granted: true,
        at: '2026-11-02T01:00:00.000Z',
        source: 'api',
        actor: 'mia',
        text: 'form of May',
      },
    });
    await api.call('POST', `${at(id)}/consents`, {
      body: { key: 'sms', granted: false, at: '2026-11-01T00:00:00.000Z', source: 'import' },
    });
    await api.call('POST', `${at(id)}/consents`, { body: { key: 'sms:offers', granted: false } });
    expect((await api.call('GET', at(id))).body.consent).toMatchObject({
      sms: { granted: true, source: 'api', topics: { offers: { granted: false } } },
    });
    const { items } = (await api.call('GET', `${at(id)}/consents`)).body as { items: unknown[] };
    expect(items).toHaveLength(3);
    expect(
      (
        await api.call('POST', `${at(id)}/consents`, {
          body: { key: 'sms', granted: true, at: '2026-11-02T01:00:00.001Z' },
        })
      ).status,
    ).toBe(422);
  });

  test.each(['advertising', 'sms:', 'SMS'])('for %s, which is no channel of ours, is refused', async (key) => {
    const answer = await api.call('POST', `${at(id)}/consents`, { body: { key, granted: true } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/key' }] } });
  });
});

describe('tasks', () => {
  test('are listed, completed once, and send an event to the run’s profile', async () => {
    const key = profileKeyOfUser(id);
    const task = {
      id: hashId('task', id),
      queue: 'customer-service',
      title: 'Call',
      profile: key,
      source: { kind: 'journey' as const, id: 'j', version: 1, node: 'call', run: 'r' },
      at: NOW + serial,
    };
    await api.deps.tasks.create(task);
    await api.deps.tasks.create(task);
    const listed = await api.call('GET', '/v1/tasks?queue=customer-service&status=open');
    expect((listed.body.items as { id: string }[]).filter((one) => one.id === task.id)).toEqual([
      {
        id: task.id,
        queue: 'customer-service',
        title: 'Call',
        profileId: id,
        status: 'open',
        source: task.source,
        at: new Date(task.at).toISOString(),
      },
    ]);
    const done = await api.call('POST', `/v1/tasks/${task.id}/complete`, { body: { outcome: 'won' } });
    expect(done).toMatchObject({ status: 200, body: { status: 'done', outcome: 'won', profileId: id } });
    const reported = api.sent.events?.at(-1);
    expect(reported).toMatchObject({
      group: key,
      body: {
        events: [
          {
            name: 'Task Completed',
            properties: { taskId: task.id, outcome: 'won', queue: 'customer-service', source: 'journey:j:call' },
          },
        ],
      },
    });
    await api.call('POST', `/v1/tasks/${task.id}/complete`, { body: { outcome: 'won' } });
    expect(api.sent.events?.at(-1)).toEqual(reported);
    expect((await api.call('POST', `/v1/tasks/${task.id}/complete`, { body: { outcome: 'lost' } })).status).toBe(409);
    expect((await api.call('GET', '/v1/tasks?status=open&queue=customer-service')).body.items).not.toContainEqual(
      expect.objectContaining({ id: task.id }),
    );
    expect((await api.call('POST', '/v1/tasks/none/complete', { body: { outcome: 'x' } })).status).toBe(404);
  });
});

describe('channels', () => {
  test('are paused by a marketer and resumed by an approver, who lets go what was held', async () => {
    expect((await api.call('GET', '/v1/channels', { roles: '[viewer]' })).body).toMatchObject({
      items: [{ id: 'email', status: 'active' }, { id: 'sms' }, { id: 'push' }, { id: 'webhook' }],
    });
    expect(
      (
        await api.call('POST', '/v1/channels/sms/pause', {
          body: { all: true, reason: 'wrong price' },
          roles: '[marketer]',
        })
      ).body,
    ).toMatchObject({ id: 'sms', status: 'paused', all: true });
    expect((await api.deps.catalog.snapshot()).pointer.channels.sms).toMatchObject({
      all: true,
      reason: 'wrong price',
    });
    expect((await api.call('POST', '/v1/channels/sms/resume', { roles: '[marketer]' })).status).toBe(403);
    const resumed = await api.call('POST', '/v1/channels/sms/resume', { roles: '[approver]' });
    expect(resumed.body).toEqual({ id: 'sms', status: 'active' });
    expect(await api.deps.jobs.get(String(resumed.headers['cairn-job']))).toMatchObject({
      work: { kind: 'release', held: 'sms' },
      shards: 1,
    });
    expect((await api.call('POST', '/v1/channels/fax/pause')).status).toBe(404);
  });
});
