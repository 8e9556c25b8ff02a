import { describe, expect, test } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { hashId, profileKeyOfAnonymous, profileKeyOfUser } from '../../../core/ids.ts';
import { NOW } from './api-harness.ts';
import { api, at, id, serial, setUpProfiles } from './profiles-harness.ts';

setUpProfiles();

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
