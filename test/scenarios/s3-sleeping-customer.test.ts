import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  for (const tag of ['sleeping', 'woken', 'not-woken']) await cairn.install('tags', tag);
  await cairn.install('coupon-pools', 'wake-20');
  await cairn.ok('marketer', 'POST', '/v1/coupon-pools/wake-20/codes', { codes: ['W-1', 'W-2', 'W-3'] });
  for (const template of ['wake-coupon', 'wake-price-drop', 'wake-reminder'])
    await cairn.install('templates', template);
  await cairn.install('journeys', 'wake-up');
  await cairn.publish('wake-up');
  await cairn.identify(
    'ann',
    { phone: '+8613900139000' },
    {
      context: {
        consent: { categoryPreferences: { push: true, sms: true } },
        device: { type: 'android', token: 'device-1' },
      },
    },
  );
  // 2026-11-02T01:00Z; she sleeps from 12-02T01:00Z on.
  await cairn.track('ann', 'Logged In');
});

const seen = async () => (await cairn.outbox()).map(({ at, channel, template }) => `${at} ${channel} ${template}`);
const tags = async () =>
  (await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', '/v1/profiles/ann')).tags.map(({ id }) => id).sort();
const run = async () =>
  (await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/journeys/wake-up/runs?profileId=ann')).items;

describe('S3, the sleeping customer', () => {
  it('is invited to the second after 30 days in which nothing happened, and reminded after 3 more', async () => {
    await cairn.advanceTo('2026-12-02T00:59:59.000Z');
    expect(await seen()).toEqual([]);
    await cairn.advanceTo('2026-12-10T00:00:00.000Z');
    expect(await seen()).toEqual([
      '2026-12-02T01:00:00.000Z sms wake-coupon',
      '2026-12-05T01:00:00.000Z sms wake-reminder',
    ]);
    expect(await run()).toMatchObject([{ status: 'closed', outcome: 'not-woken' }]);
    expect(await tags()).toEqual(['not-woken', 'sleeping']);
  });

  it('who clicks gets a message about the lower price, and is woken by logging in', async () => {
    await cairn.advanceTo('2026-12-03T01:00:00.000Z');
    const [invitation] = await cairn.outbox();
    await cairn.local('POST', 'feedback', { messageId: invitation?.messageId, kind: 'clicked' });
    await cairn.local('POST', 'settle');
    expect(await seen()).toEqual([
      '2026-12-02T01:00:00.000Z sms wake-coupon',
      '2026-12-03T01:00:00.000Z push wake-price-drop',
    ]);
    await cairn.track('ann', 'Logged In');
    await cairn.advanceTo('2026-12-09T01:00:00.000Z');
    expect(await run()).toMatchObject([{ status: 'closed', outcome: 'woken' }]);
    expect(await tags()).toEqual(['woken']);
  });

  it('who looks for three minutes without ordering is called a day later', async () => {
    await cairn.advanceTo('2026-12-05T02:00:00.000Z');
    await cairn.track('ann', 'Product Viewed', { seconds: 179 });
    await cairn.track('ann', 'Product Viewed', { seconds: 180 });
    await cairn.advance('23h');
    const tasks = async () =>
      (await cairn.ok<{ items: { title: string; at: string }[] }>('viewer', 'GET', '/v1/tasks?queue=customer-service'))
        .items;
    expect(await tasks()).toEqual([]);
    await cairn.advance('1h');
    expect(await tasks()).toMatchObject([{ at: '2026-12-06T02:00:00.000Z' }]);
  });

  it('gets no third message in 30 days (S7), though it sleeps again', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/tags/sleeping', {
      name: 'Sleeping',
      if: { event: ['Logged In', 'Order Completed'], last: { olderThan: '10d' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/wake-up', {
      ...((await cairn.ok<{ definition: object }>('viewer', 'GET', '/v1/journeys/wake-up')).definition as object),
      reentry: 'always',
    });
    await cairn.publish('wake-up');
    await cairn.advanceTo('2026-11-20T01:00:00.000Z');
    expect(await seen()).toHaveLength(2);
    await cairn.track('ann', 'Logged In');
    await cairn.advanceTo('2026-12-01T01:00:00.000Z');
    expect(await seen()).toHaveLength(2);
    const { items } = await cairn.ok<{ items: { status: string; reason?: string }[] }>(
      'viewer',
      'GET',
      '/v1/messages?profileId=ann&status=suppressed',
    );
    expect(items).toMatchObject([{ reason: 'rolling-cap' }]);
  });
});

describe('a rule that is new', () => {
  it('is backfilled by a job: who sleeps already has the tag at once, and does not enter', async () => {
    await cairn.advanceTo('2026-12-01T01:00:00.000Z');
    const put = await cairn.as('marketer', 'PUT', '/v1/tags/sleeping', {
      name: 'Sleeping',
      if: { event: ['Logged In', 'Order Completed'], last: { olderThan: '20d' } },
    });
    await cairn.local('POST', 'settle');
    const job = await cairn.ok('viewer', 'GET', `/v1/jobs/${put.headers.get('cairn-job')}`);
    expect(job).toMatchObject({ kind: 'backfill', status: 'done', done: 1 });
    expect(await tags()).toEqual(['sleeping']);
    expect(await cairn.ok('viewer', 'GET', '/v1/tags/sleeping/members')).toEqual({ items: [{ profileId: 'ann' }] });
    await cairn.advance('10d');
    expect(await seen()).toEqual([]);
  });

  it('lets in who is under it already where the entry says `existing`', async () => {
    await cairn.advanceTo('2026-12-01T01:00:00.000Z');
    const { definition } = await cairn.ok<{ definition: object }>('viewer', 'GET', '/v1/journeys/wake-up');
    await cairn.ok('marketer', 'PUT', '/v1/tags/sleeping', {
      name: 'Sleeping',
      if: { event: ['Logged In', 'Order Completed'], last: { olderThan: '20d' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/wake-up', {
      ...definition,
      entry: { tag: 'sleeping', on: 'added', existing: true },
    });
    await cairn.publish('wake-up');
    await cairn.local('POST', 'settle');
    expect(await seen()).toEqual(['2026-12-01T01:00:00.000Z sms wake-coupon']);
  });

  it('is counted and sampled before it is there, and exported when it is', async () => {
    for (const id of ['bob', 'cid', '=1+1']) await cairn.identify(id, { city: 'Xian' });
    const rule = { trait: 'city', eq: 'Xian' };
    const preview = (body: object) => cairn.ok('marketer', 'POST', '/v1/tags/sleeping/preview', body);
    expect(await preview({})).toMatchObject({ count: 0, estimated: false, sample: [] });
    expect(await preview({ if: rule })).toMatchObject({ count: 3, estimated: false, interval: [3, 3] });
    const { sample } = await cairn.ok<{ sample: { profileId: string }[] }>(
      'marketer',
      'POST',
      '/v1/tags/sleeping/preview',
      { if: { not: rule } },
    );
    expect(sample).toEqual([{ profileId: 'ann' }]);
    await cairn.ok('marketer', 'PUT', '/v1/segments/xian', { name: 'Xian', if: rule });
    await cairn.local('POST', 'settle');
    const csv = await cairn.as<string>('marketer', 'GET', '/v1/segments/xian/export');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, ...lines] = csv.body.trimEnd().split('\r\n');
    expect(head).toBe('profileId');
    expect(lines.sort()).toEqual(["'=1+1", 'bob', 'cid']);
    expect((await cairn.as('marketer', 'GET', '/v1/segments/nowhere/export')).status).toBe(404);
  });
});
