import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const profile = (id: string) =>
  cairn.ok<{ traits: Record<string, unknown>; tags: { id: string; until?: string }[] }>(
    'marketer',
    'GET',
    `/v1/profiles/${id}`,
  );
const tagsOf = async (id: string) => (await profile(id)).tags.map((tag) => tag.id);
const buys = (id: string, total: number, timestamp: string) =>
  cairn.track(id, 'Order Completed', { total, category: total > 100 ? 'toys' : 'books' }, { timestamp });

describe('computed traits', () => {
  it('are computed from what was before they were defined, read as traits, and slide', async () => {
    await cairn.identify('ann', { city: 'Shanghai' });
    await buys('ann', 80, '2026-10-13T01:00:00.000Z');
    await buys('ann', 120, '2026-10-23T01:00:00.000Z');
    const order = { event: 'Order Completed' };
    const define = (id: string, definition: object) =>
      cairn.ok('marketer', 'PUT', `/v1/computed-traits/${id}`, definition);
    await define('spent', { ...order, within: '30d', sum: { of: 'total' } });
    await define('cycle', { ...order, within: '365d', interval: {} });
    await define('last-order', { ...order, last: {} });
    await define('likes', { ...order, most: { of: 'category' } });
    await cairn.local('POST', 'settle');
    expect((await profile('ann')).traits).toMatchObject({
      city: 'Shanghai',
      spent: 200,
      cycle: 10,
      'last-order': '2026-10-23T01:00:00.000Z',
      likes: 'toys',
    });

    await cairn.ok('marketer', 'PUT', '/v1/tags/spender', { name: 'Spender', if: { trait: 'spent', gte: 150 } });
    await cairn.local('POST', 'settle');
    expect(await tagsOf('ann')).toEqual(['spender']);
    await cairn.advanceTo('2026-11-12T00:59:59.000Z');
    expect(await tagsOf('ann')).toEqual(['spender']);
    await cairn.advanceTo('2026-11-12T01:00:00.000Z');
    expect(await tagsOf('ann')).toEqual([]);
    const members = () => cairn.ok<{ items: object[] }>('marketer', 'GET', '/v1/tags/spender/members');
    expect((await members()).items).toEqual([]);
    expect((await profile('ann')).traits.spent).toBe(120);
    await buys('ann', 30, '2026-11-12T01:00:00.000Z');
    expect(await tagsOf('ann')).toEqual(['spender']);
    expect((await members()).items).toEqual([{ profileId: 'ann' }]);
  });

  it('stand in messages, and let a journey’s dates count from them', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/computed-traits/orders', { event: 'Order Completed', count: {} });
    await cairn.ok('marketer', 'PUT', '/v1/computed-traits/newest', { event: 'Order Completed', last: {} });
    await cairn.ok('marketer', 'PUT', '/v1/templates/again', {
      class: 'marketing',
      content: { push: { title: 'Again?', body: 'Your order no. {{ profile.orders | plus: 1 }}' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/again', {
      name: 'Again',
      entry: { date: { trait: 'newest', offset: '7d', time: '10:00' } },
      start: 'ask',
      nodes: {
        ask: { type: 'send', template: 'again', channels: ['push'], next: 'done' },
        done: { type: 'end' },
      },
    });
    await cairn.publish('again');
    const context = { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: 'bea' } };
    await cairn.identify('bea', { timezone: 'Asia/Shanghai' }, { context });
    const now = Date.parse(await cairn.now());
    await buys('bea', 10, new Date(now).toISOString());
    await cairn.advance('9d');
    const sent = await cairn.outbox({ profileId: 'bea' });
    expect(sent.map(({ at, body }) => [at.slice(11), body])).toEqual([['02:00:00.000Z', 'Your order no. 2']]);
  });

  it('cannot be deleted while a rule asks for them, and are refused with a pointer', async () => {
    const wrong = await cairn.as('marketer', 'PUT', '/v1/computed-traits/wrong', { event: 'X', avg: {} });
    expect(wrong.status).toBe(422);
    expect(wrong.body.errors).toEqual([expect.objectContaining({ path: '/avg/of' })]);
    await cairn.ok('marketer', 'PUT', '/v1/computed-traits/used', { event: 'X', count: {} });
    await cairn.ok('marketer', 'PUT', '/v1/tags/uses', { name: 'Uses', if: { trait: 'used', gte: 1 } });
    const refused = await cairn.as('marketer', 'DELETE', '/v1/computed-traits/used');
    expect([refused.status, refused.body.references]).toEqual([409, [{ kind: 'tags', id: 'uses' }]]);
    await cairn.ok('marketer', 'DELETE', '/v1/tags/uses');
    await cairn.ok('marketer', 'DELETE', '/v1/computed-traits/used');
  });
});

describe('a list', () => {
  const members = async () =>
    (await cairn.ok<{ items: { profileId: string }[] }>('marketer', 'GET', '/v1/lists/fair/members')).items
      .map(({ profileId }) => profileId)
      .sort();
  const put = (...profileIds: string[]) => cairn.ok('marketer', 'POST', '/v1/lists/fair/members', { profileIds });

  it('holds whom it was given, also after a merge, and is empty when it is made anew', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/lists/fair', { name: 'Fair' });
    await cairn.identify('cai', {});
    await cairn.post('track', { anonymousId: 'visitor', event: 'Visited' });
    expect(await put('cai', 'visitor', 'cai', 'nobody')).toEqual({ added: 2, duplicates: 1, unknown: ['nobody'] });
    expect(await put('cai')).toEqual({ added: 0, duplicates: 1, unknown: [] });
    expect(await members()).toEqual(['cai', 'visitor']);
    await cairn.post('identify', { userId: 'dan', anonymousId: 'visitor', traits: {} });
    expect(await members()).toEqual(['cai', 'dan']);
    expect((await cairn.as('marketer', 'GET', '/v1/lists/fair/export')).body).toMatch(/^profileId\r\n/);
    await cairn.ok('marketer', 'DELETE', '/v1/lists/fair/members/dan');
    expect(await members()).toEqual(['cai']);
    await cairn.ok('marketer', 'DELETE', '/v1/lists/fair');
    await cairn.local('POST', 'settle');
    await cairn.ok('marketer', 'PUT', '/v1/lists/fair', { name: 'Fair' });
    expect(await members()).toEqual([]);
  });
});
