import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { meet, publishExample, runsOf, sentTo, tasksOf, textsTo } from './example-journeys.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(() => cairn.reset());

describe('examples with several runs, customers or journeys', { timeout: 90_000 }, () => {
  it('win-back: sends the offer to four of five, nothing to the others, and counts both', async () => {
    await cairn.install('coupon-pools', 'win-back');
    const codes = Array.from({ length: 20 }, (_, index) => `BACK-${index}`);
    await cairn.ok('marketer', 'POST', '/v1/coupon-pools/win-back/codes', { codes });
    await publishExample(cairn, 'win-back');
    const customers = Array.from({ length: 20 }, (_, index) => `customer-${index}`);
    await cairn.post('batch', {
      batch: customers.flatMap((userId) => [
        {
          type: 'identify',
          userId,
          traits: { phone: '+8613900139000' },
          context: { consent: { categoryPreferences: { sms: true } } },
        },
        { type: 'track', userId, event: 'Order Completed' },
        { type: 'track', userId, event: 'Order Completed' },
      ]),
    });
    await cairn.advanceTo('2027-01-01T00:59:59.000Z');
    expect(await cairn.outbox()).toEqual([]);
    await cairn.advanceTo('2027-01-01T01:00:00.000Z');
    const offered = (await cairn.outbox()).map(({ profileId }) => profileId);
    expect(new Set(offered).size).toBe(offered.length);
    // The split is 80 to 20 of the 20 customers, fixed by their ids.
    expect(offered.length).toBeGreaterThan(10);
    expect(offered.length).toBeLessThan(20);
    const [first = '', second = ''] = offered;
    await cairn.advance('3d');
    await cairn.track(first, 'Order Completed');
    await cairn.advance('30d');
    expect(await sentTo(cairn, first)).toEqual(['2027-01-01T01:00:00.000Z win-back-offer']);
    expect(await runsOf(cairn, 'win-back', first)).toEqual(['won back']);
    expect(await sentTo(cairn, second)).toEqual([
      '2027-01-01T01:00:00.000Z win-back-offer',
      '2027-01-08T01:00:00.000Z win-back-last',
    ]);
    expect((await textsTo(cairn, second))[1]).toMatch(/^BACK-\d+ is good until 31 January\.$/);
    const held = customers.filter((customer) => !offered.includes(customer));
    for (const customer of held) {
      expect(await sentTo(cairn, customer)).toEqual([]);
      expect(await runsOf(cairn, 'win-back', customer)).toEqual(['not won back']);
    }
    const { nodes } = await cairn.ok<{ nodes: { id: string; left?: object }[] }>(
      'viewer',
      'GET',
      '/v1/reports/journey/win-back?from=2026-11-01',
    );
    expect(nodes.find(({ id }) => id === 'test')).toMatchObject({
      entered: 20,
      left: { gift: offered.length, watch: held.length },
    });
  });

  it('several-carts: one reminder four hours after the last addition, and one a day over all carts', async () => {
    await publishExample(cairn, 'several-carts');
    await meet(cairn, 'ann');
    const add = (cart_id: string) => cairn.track('ann', 'Product Added', { cart_id });
    await add('c1');
    await add('c4');
    await cairn.advance('3h');
    await add('c1');
    await cairn.track('ann', 'Cart Emptied', { id: 'c4' });
    await cairn.advance('1h');
    await add('c2');
    await cairn.advance('1h');
    await add('c3');
    await cairn.advance('1h');
    await cairn.track('ann', 'Order Completed', { cart_id: 'c3' });
    await cairn.advance('2d');
    expect(await sentTo(cairn, 'ann')).toEqual(['2026-11-02T08:00:00.000Z cart-still-there']);
    expect((await runsOf(cairn, 'several-carts', 'ann')).sort()).toEqual([
      'emptied',
      'ordered',
      'reminded',
      'reminded',
    ]);
    const messages = await cairn.ok<{ items: { status: string; reason?: string; at: string }[] }>(
      'marketer',
      'GET',
      '/v1/messages?profileId=ann',
    );
    expect(messages.items.map(({ status, reason }) => reason ?? status).sort()).toEqual(['rolling-cap', 'sent']);
  });

  it('onboarding: starts the tips for each workspace, and knows how they ended', async () => {
    await publishExample(cairn, 'onboarding-tips');
    await publishExample(cairn, 'onboarding');
    await meet(cairn, 'ann');
    await meet(cairn, 'bob');
    await cairn.track('ann', 'Workspace Created', { workspace_id: 'w1', plan: 'team' });
    await cairn.track('bob', 'Workspace Created', { workspace_id: 'w2' });
    await cairn.advance('12h');
    await cairn.track('ann', 'Colleague Invited', { workspace_id: 'w1' });
    await cairn.advance('8d');
    expect(await sentTo(cairn, 'ann')).toEqual(['2026-11-02T01:00:00.000Z onboarding-hello']);
    expect(await runsOf(cairn, 'onboarding-tips', 'ann')).toEqual(['invited']);
    expect(await runsOf(cairn, 'onboarding', 'ann')).toEqual(['active']);
    expect(await sentTo(cairn, 'bob')).toEqual([
      '2026-11-02T01:00:00.000Z onboarding-hello',
      '2026-11-03T01:00:00.000Z onboarding-tip',
    ]);
    expect((await textsTo(cairn, 'bob'))[1]).toContain('A tip for the plan free');
    expect(await runsOf(cairn, 'onboarding-tips', 'bob')).toEqual(['notified']);
    expect(await runsOf(cairn, 'onboarding', 'bob')).toEqual(['alone']);
    expect(await tasksOf(cairn, 'bob')).toMatchObject([{ title: 'bob works alone in w2' }]);
  });

  it('price-drop: messages a customer at most once in 30 days, and nobody who ordered in the last week', async () => {
    await publishExample(cairn, 'price-drop');
    await meet(cairn, 'ann');
    await meet(cairn, 'bob');
    await meet(cairn, 'cid');
    await cairn.track('bob', 'Order Completed');
    const drop = (customer: string, percent: number) =>
      cairn.track(customer, 'Price Dropped', { sku: 'k1', name: 'Kettle', percent });
    await cairn.advance('1h');
    // Two of a wish list, at one moment.
    const dropped = (sku: string) => ({
      type: 'track',
      userId: 'cid',
      event: 'Price Dropped',
      properties: { sku, name: sku, percent: 12 },
    });
    await cairn.post('batch', { batch: [dropped('k1'), dropped('k2')] });
    await drop('ann', 5);
    // Three prices drop at once: each entry sees that nothing was sent yet. The cap allows one message.
    const three = [12, 15, 11].map((percent) => ({
      type: 'track',
      userId: 'ann',
      event: 'Price Dropped',
      properties: { sku: 'k1', name: 'Kettle', percent },
    }));
    await cairn.post('batch', { batch: three });
    await drop('bob', 12);
    await cairn.advance('10d');
    await drop('ann', 30);
    await drop('bob', 15);
    await cairn.advance('20d');
    await drop('ann', 20);
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-02T02:00:00.000Z price-drop',
      // 30 days later to the second, the first message is no longer in the window.
      '2026-12-02T02:00:00.000Z price-drop',
    ]);
    expect(await sentTo(cairn, 'bob')).toEqual(['2026-11-12T02:00:00.000Z price-drop']);
    expect(await sentTo(cairn, 'cid')).toEqual(['2026-11-02T02:00:00.000Z price-drop']);
  });
});
