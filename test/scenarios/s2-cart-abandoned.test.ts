import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cairn, example, type Sent } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  await cairn.install('coupon-pools', 'cart-30');
  await cairn.ok('marketer', 'POST', '/v1/coupon-pools/cart-30/codes', { codes: ['CART-1', 'CART-2', 'CART-3'] });
  for (const template of ['cart-reminder', 'cart-last-call']) await cairn.install('templates', template);
  await cairn.install('journeys', 'cart-abandoned');
  await cairn.publish('cart-abandoned');
});

/** Consents to everything; a device token only where one is given. */
async function meet(userId: string, device?: string): Promise<void> {
  const context = {
    consent: { categoryPreferences: { push: true, sms: true } },
    ...(device === undefined ? {} : { device: { type: 'android', token: device } }),
  };
  await cairn.identify(userId, { phone: '+8613900139000' }, { context });
}

const fillCart = (userId: string, cart: string) =>
  cairn.track(userId, 'Product Added', { cart_id: cart, product: 'kettle' });
const order = (userId: string, cart: string) => cairn.track(userId, 'Order Completed', { cart_id: cart, total: 300 });
const openExecutions = async () => (await cairn.local<{ openExecutions: number }>('GET', 'counts')).openExecutions;
const seen = (items: Sent[]) => items.map(({ at, channel }) => ({ at, channel }));

describe('S2, the abandoned cart', () => {
  it('reminds by push with a coupon after 24 hours', async () => {
    await meet('ann', 'device-1');
    await fillCart('ann', 'c1');
    await cairn.advance('24h');
    const sent = await cairn.outbox({ profileId: 'ann' });
    expect(seen(sent)).toEqual([{ at: '2026-11-03T01:00:00.000Z', channel: 'push' }]);
    expect(sent[0]?.body).toContain('CART-1');
  });

  it('reminds by SMS where there is no push address', async () => {
    await meet('ann');
    await fillCart('ann', 'c1');
    await cairn.advance('24h');
    expect(seen(await cairn.outbox({ profileId: 'ann' }))).toEqual([
      { at: '2026-11-03T01:00:00.000Z', channel: 'sms' },
    ]);
  });

  it('sends nothing when the order comes at 23 hours', async () => {
    await meet('ann', 'device-1');
    await fillCart('ann', 'c1');
    await cairn.advance('23h');
    await order('ann', 'c1');
    await cairn.advance('10d');
    expect(await cairn.outbox()).toEqual([]);
    const runs = await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/journeys/cart-abandoned/runs?profileId=ann');
    expect(runs.items).toMatchObject([{ status: 'closed', outcome: 'ordered', key: 'c1' }]);
  });

  it('sends none of the later reminders when the order comes at 25 hours', async () => {
    await meet('ann', 'device-1');
    await fillCart('ann', 'c1');
    await cairn.advance('25h');
    await order('ann', 'c1');
    await cairn.advance('10d');
    expect(await cairn.outbox()).toHaveLength(1);
  });

  it('does send the later reminder when no order comes', async () => {
    await meet('ann', 'device-1');
    await fillCart('ann', 'c1');
    await cairn.advance('10d');
    expect((await cairn.outbox()).length).toBeGreaterThan(1);
  });

  it('stops the execution of a run that an order, a merge or the archiving of its journey has closed', async () => {
    await fillCart('ann', 'c1');
    await fillCart('bob', 'c2');
    await cairn.post('track', { anonymousId: 'phone', event: 'Product Added', properties: { cart_id: 'c2' } });
    expect(await openExecutions()).toBe(3);
    await order('ann', 'c1');
    await cairn.advance('1m');
    expect(await openExecutions()).toBe(2);
    await cairn.identify('bob', {}, { anonymousId: 'phone' });
    await cairn.advance('1m');
    expect(await openExecutions()).toBe(1);
    await cairn.ok('approver', 'POST', '/v1/journeys/cart-abandoned/archive', { comment: 'over' });
    await cairn.advance('1m');
    expect(await openExecutions()).toBe(0);
  });

  it('walks two carts of one customer apart', async () => {
    await meet('ann', 'device-1');
    await fillCart('ann', 'c1');
    await cairn.advance('1h');
    await fillCart('ann', 'c2');
    await order('ann', 'c1');
    await cairn.advance('24h');
    expect(seen(await cairn.outbox())).toEqual([{ at: '2026-11-03T02:00:00.000Z', channel: 'push' }]);
  });

  it('knows a cart by its text, whether it comes as a number or not', async () => {
    await meet('ann', 'device-1');
    await cairn.track('ann', 'Product Added', { cart_id: 1001 });
    await cairn.advance('1h');
    await cairn.track('ann', 'Order Completed', { cart_id: ' 1001 ' });
    await cairn.advance('5d');
    expect(await cairn.outbox()).toEqual([]);
  });

  it('counts the goals of its carts, also of one that arrived before its entry', async () => {
    const journey = await example('journeys', 'cart-abandoned');
    const goal = { event: 'Cart Paid', where: { cart: { eq: { data: 'cart_id' } } }, same: { cart: 'cart_id' } };
    await cairn.ok('marketer', 'PUT', '/v1/journeys/cart-abandoned', { ...journey, goal });
    await cairn.publish('cart-abandoned');
    const early = await cairn.now();
    await cairn.advance('1m');
    const filled = await cairn.now();
    await cairn.advance('1h');
    await cairn.track('ann', 'Cart Paid', { cart: '7' });
    await cairn.track('ann', 'Cart Paid', { cart: '8' }, { timestamp: early });
    for (const cart_id of ['7', '8', '9'])
      await cairn.track('ann', 'Product Added', { cart_id }, { timestamp: filled });
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/cart-abandoned')).toMatchObject({
      entered: 3,
      goal: { reached: 1 },
    });
  });

  it('reports how many came to each node, wait there, and went where', async () => {
    for (const customer of ['ann', 'bob', 'cid']) await meet(customer, `device-${customer}`);
    await fillCart('ann', 'a');
    await fillCart('bob', 'b');
    await fillCart('cid', 'c');
    await cairn.advance('1h');
    await order('cid', 'c');
    await cairn.advance('25h');
    await order('bob', 'b');
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/cart-abandoned')).toMatchObject({
      entered: 3,
      open: 1,
      outcomes: { ordered: 2 },
      goal: { reached: 2, rate: 2 / 3, target: 0.2 },
      nodes: [
        { id: 'day', entered: 3, waiting: 0, left: { gift: 2 } },
        { id: 'gift', entered: 2, left: { remind: 2 } },
        { id: 'remind', entered: 2, left: { react: 2 }, messages: { sent: 2 } },
        { id: 'react', entered: 2, waiting: 1, left: {} },
        { id: 'last-call', entered: 0 },
        { id: 'done', entered: 0 },
      ],
    });
    await cairn.advance('3d');
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/cart-abandoned')).toMatchObject({
      open: 0,
      outcomes: { ordered: 2, reminded: 1 },
    });
    // In time, though her run has ended; and counted once.
    await order('ann', 'another');
    await order('ann', 'a-third');
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/cart-abandoned')).toMatchObject({
      goal: { reached: 3 },
    });
  });
});
