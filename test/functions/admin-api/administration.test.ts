import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let stop: () => Promise<void>;
beforeAll(async () => {
  const tables = await startTables();
  stop = tables.stop;
  api = harness(tables.client);
});
beforeEach(() => {
  api.clock.now = NOW;
});
afterAll(() => stop());

describe('settings', () => {
  test('GET returns all with their defaults, PUT replaces and is in force at once', async () => {
    const before = await api.call('GET', '/v1/settings', { roles: '[viewer]' });
    const edited = (headers: Record<string, string>) => api.call('PUT', '/v1/settings', { body: {}, headers });
    expect((await edited({ 'if-match': '"7"' })).status).toBe(412);
    expect((await edited({ 'if-none-match': '*' })).status).toBe(412);
    expect((await edited({ 'if-match': String(before.headers.etag) })).status).toBe(200);
    expect(before.body).toMatchObject({
      timezone: 'Asia/Shanghai',
      locale: 'zh-CN',
      country: 'CN',
      channels: ['push', 'sms', 'email'],
      caps: [{ max: 2, per: 'day' }],
      window: 'none',
      approval: { required: true },
      fatigue: [],
      optOutWords: ['STOP', '退订', 'T', 'TD', 'R', 'N'],
      topics: [],
      guardrails: [
        { metric: 'unsubscribe', scope: 'channel', over: 0.05, atLeast: 500, do: 'pause' },
        { metric: 'open', scope: 'node', under: 0.15, atLeast: 200, matureAfter: '24h', do: 'alert' },
      ],
    });
    const put = await api.call('PUT', '/v1/settings', {
      body: { timezone: 'Europe/Berlin', caps: [{ max: 5, within: '30d', channel: 'sms' }] },
    });
    expect(put).toMatchObject({ status: 200, body: { timezone: 'Europe/Berlin', locale: 'zh-CN' } });
    expect((await api.deps.catalog.snapshot()).snapshot.settings.timezone).toBe('Europe/Berlin');
    expect((await api.call('PUT', '/v1/settings', { body: { timezone: 'Nowhere/Land' } })).body).toMatchObject({
      errors: [{ path: '/timezone' }],
    });
    expect(
      (await api.call('PUT', '/v1/settings', { body: { caps: [{ max: 1, within: '401d' }] } })).body,
    ).toMatchObject({
      errors: [{ path: '/caps/0/within' }],
    });
    expect((await api.call('PUT', '/v1/settings', { body: { caps: [{ max: 0, per: 'day' }] } })).body).toMatchObject({
      errors: [{ path: '/caps/0/max', message: 'must be 1 or more' }],
    });
    expect((await api.call('PUT', '/v1/settings', { body: before.body })).status).toBe(200);
    const campaigns = { guardrails: [{ metric: 'unsubscribe', scope: 'campaign', over: 0.02, do: 'pause' }] };
    expect(await api.call('PUT', '/v1/settings', { body: campaigns })).toMatchObject({ status: 200 });
    expect((await api.call('PUT', '/v1/settings', { body: { holdout: { share: 0.2 } } })).body).toMatchObject({
      errors: [{ path: '/holdout/share', message: 'must be 0.15 or less' }],
    });
    expect((await api.call('PUT', '/v1/settings', { body: { holdout: { share: 0.1 } } })).body).toMatchObject({
      holdout: { share: 0.1 },
    });
    expect((await api.call('PUT', '/v1/settings', { body: {} })).body).toEqual(before.body);
  });
});

describe('settings that may not do what is meant', () => {
  const put = (body: object) => api.call('PUT', '/v1/settings', { body });
  const rail = { metric: 'bounce', scope: 'channel', over: 0.02, do: 'alert' };

  test('say so in PUT and GET, with their place', async () => {
    const warnings = [
      {
        path: '/guardrails/0/metric',
        message: 'push cannot report it: it counts only messages on email, sms',
      },
    ];
    const { body } = await put({ guardrails: [rail] });
    expect(body.warnings).toEqual(warnings);
    const got = await api.call('GET', '/v1/settings');
    expect(got.body.warnings).toEqual(warnings);
    // An editor sends back what it was given.
    expect((await put({ ...got.body, channels: ['sms', 'email'] })).body.warnings).toEqual([]);
    expect((await api.call('GET', '/v1/settings')).body.warnings).toEqual([]);
    expect((await put({ warnings: 'none' })).body).toMatchObject({ errors: [{ path: '/warnings' }] });
  });

  test('until that is settled', async () => {
    const holidays = ['2026-12-25'];
    await api.call('PUT', '/v1/calendars/shop', { body: { holidays } });
    const { body } = await put({ window: { hours: [['10:00', '20:00']], calendar: 'shop' } });
    expect(body.warnings).toMatchObject([{ path: '/window/calendar' }]);
    await api.call('PUT', '/v1/calendars/shop', { body: { holidays: [...holidays, '2027-12-25'] } });
    expect((await api.call('GET', '/v1/settings')).body.warnings).toEqual([]);
    expect((await put({})).body.warnings).toEqual([]);
  });
});

describe('write keys', () => {
  test('are listed without themselves and refused once deleted', async () => {
    const { body } = await api.call('POST', '/v1/keys', { body: { kind: 'server', name: 'shop' } });
    const listed = await api.call('GET', '/v1/keys');
    expect(JSON.stringify(listed.body)).not.toContain(String(body.key));
    expect(listed.body.items).toContainEqual(
      expect.objectContaining({ id: body.id, kind: 'server', name: 'shop', by: 'ann' }),
    );
    expect((await api.call('DELETE', `/v1/keys/${String(body.id)}`)).status).toBe(204);
    expect(await api.deps.keys.find(String(body.key))).toBeUndefined();
    expect((await api.call('DELETE', `/v1/keys/${String(body.id)}`)).status).toBe(404);
    expect((await api.call('GET', '/v1/keys', { roles: '[approver]' })).status).toBe(403);
  });
});
