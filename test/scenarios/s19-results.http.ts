import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn, Sent } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

/**
 * S19: goal against actual, funnel, conversion path, cost and return, first-touch and linear attribution, best hour. What is asserted is recounted from
 * what the test itself has done: who was sent to, who clicked when, who ordered what.
 */
let cairn: Cairn;
const PEOPLE = 160;
const CENTS = 100;
const DAY_MS = 24 * 3_600_000;

interface Touch {
  campaign: string;
  at: number;
}
interface Order {
  id: string;
  person: string;
  cents: number;
  at: number;
}
const clicks = new Map<string, Touch[]>();
const orders: Order[] = [];
const sent: Record<string, Sent[]> = {};

const person = (index: number) => `c${index}`;
const get = <Body>(path: string) => cairn.ok<Body>('viewer', 'GET', `/v1/reports/${path}`);

async function batch(items: object[]): Promise<void> {
  for (let first = 0; first < items.length; first += 50)
    await cairn.post('batch', { batch: items.slice(first, first + 50) });
}

async function campaign(id: string, more: object): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/campaigns/${id}`, {
    name: id,
    owner: 'growth',
    audience: { trait: 'city', eq: 'Shanghai' },
    template: id,
    channels: ['sms'],
    at: 'now',
    goal: { event: 'Order Completed', within: '10d', target: 0.2 },
    ...more,
  });
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/publish`);
  await cairn.local('POST', 'settle');
  sent[id] = (await cairn.outbox({ channel: 'sms' })).filter(({ template }) => template === id);
}

/** Every n-th of those who were sent to follows the link. */
async function click(id: string, nth: number): Promise<void> {
  const at = Date.parse(await cairn.now());
  for (const [index, { messageId, profileId }] of (sent[id] ?? []).entries()) {
    if (index % nth !== 0) continue;
    await cairn.local('POST', 'feedback', { messageId, kind: 'clicked' });
    clicks.set(profileId, [...(clicks.get(profileId) ?? []), { campaign: id, at }]);
  }
  await cairn.local('POST', 'settle');
}

async function order(people: readonly string[], prefix: string): Promise<void> {
  const at = Date.parse(await cairn.now());
  const placed = people.map((who, index) => ({ id: `${prefix}-${who}`, person: who, cents: 1999 + 101 * index, at }));
  orders.push(...placed);
  const said = placed.map(({ id, person: userId, cents }) => ({
    type: 'track',
    userId,
    event: 'Order Completed',
    properties: { order_id: id, total: cents / CENTS, currency: 'CNY' },
  }));
  // Each is sent twice, as by a shop and its app.
  await batch([...said, ...said]);
}

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    approval: { required: false },
    floors: [],
    caps: [],
    money: { costs: { sms: 0.05 } },
  });
  for (const id of ['spring', 'autumn', 'welcome'])
    await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, {
      class: 'marketing',
      topic: 'offers',
      content: { sms: { text: `Hello from ${id} https://shop.example/` } },
    });
  await cairn.ok('marketer', 'PUT', '/v1/segments/shanghai', {
    name: 'Shanghai',
    if: { trait: 'city', eq: 'Shanghai' },
  });
  for (const tag of ['mql', 'sql']) await cairn.ok('marketer', 'PUT', `/v1/tags/${tag}`, { name: tag, layer: 'base' });
  await cairn.ok('marketer', 'PUT', '/v1/computed-traits/average-order', {
    event: 'Order Completed',
    avg: { of: 'total' },
  });
  await cairn.ok('marketer', 'PUT', '/v1/goals/leads', {
    tag: 'sql',
    from: { tag: 'mql' },
    target: 0.45,
    by: '2027-03-31',
    owner: 'sales',
  });
  await cairn.ok('marketer', 'PUT', '/v1/goals/answered', { event: 'Survey Answered', target: 3, by: '2026-12-31' });
  await cairn.ok('marketer', 'PUT', '/v1/goals/basket', { computed: 'average-order', change: 0.15, baseline: 20 });
  await batch(
    Array.from({ length: PEOPLE }, (_, index) => ({
      type: 'identify',
      userId: person(index),
      traits: { phone: `+86138001${String(index).padStart(5, '0')}`, city: 'Shanghai' },
      context: { consent: { categoryPreferences: { sms: true } } },
    })),
  );
  await campaign('spring', { holdout: 40 });
  await cairn.advance('2h');
  await click('spring', 3);
  await cairn.advance('3d');
  await campaign('autumn', {});
  await cairn.advance('1h');
  await click('autumn', 4);
  await cairn.advance('1d');
  const treated = (sent.spring ?? []).map(({ profileId }) => profileId);
  await order(
    treated.filter((_, index) => index % 2 === 0),
    'first',
  );
  await cairn.advance('2d');
  await order(['c0', 'c1', 'c2', 'nobody-was-sent-to'], 'second');
  await cairn.track('c0', 'Order Refunded', { order_id: 'second-c0', total: 10 });
});
afterAll(() => releaseCairn(cairn));

/** What an order brought in the end. */
const left = ({ id, cents }: Order): number => cents - (id === 'second-c0' ? 1_000 : 0);

/** Clicks of the 30 days before an order, by campaign, first one first. */
const touchesOf = ({ person: who, at }: Order): Touch[] =>
  (clicks.get(who) ?? []).filter((touch) => touch.at <= at && touch.at > at - 30 * DAY_MS);

interface Attribution {
  orders: number;
  revenue: number;
  rows: { key: string | null; orders: number; revenue: number; cost: number; roi?: number; cac?: number }[];
  none: { orders: number; revenue: number };
}

describe('S19 report', () => {
  it('attributes each order by first touch and linearly, and has them all', async () => {
    for (const model of ['first', 'last', 'linear'] as const) {
      const report = await get<Attribution>(`attribution?model=${model}&by=campaign`);
      const credited: Record<string, number> = { spring: 0, autumn: 0 };
      let [none, noneOrders] = [0, 0];
      for (const one of orders) {
        const touches = touchesOf(one);
        const chosen = model === 'first' ? touches.slice(0, 1) : model === 'last' ? touches.slice(-1) : touches;
        if (chosen.length === 0) [none, noneOrders] = [none + left(one), noneOrders + 1];
        const half = Math.floor(left(one) / Math.max(1, chosen.length));
        // The odd cent is the later touch's.
        for (const [index, { campaign: key }] of chosen.entries())
          credited[key] =
            (credited[key] ?? 0) + (index < chosen.length - 1 ? half : left(one) - half * (chosen.length - 1));
      }
      const cents = Object.fromEntries(report.rows.map(({ key, revenue }) => [key, Math.round(revenue * CENTS)]));
      expect(cents, model).toEqual(credited);
      expect(report.none).toEqual({ orders: noneOrders, revenue: none / CENTS });
      expect(report.orders).toBe(orders.length);
      expect(Math.round(report.revenue * CENTS)).toBe(orders.reduce((sum, one) => sum + left(one), 0));
      const spring = report.rows.find(({ key }) => key === 'spring');
      const cost = 0.05 * (sent.spring?.length ?? 0);
      expect(spring?.cost).toBeCloseTo(cost, 6);
      expect(spring?.roi).toBeCloseTo(((spring?.revenue ?? 0) - cost) / cost, 6);
      expect(spring?.cac).toBeCloseTo(cost / (spring?.orders ?? 0), 6);
    }
  });

  it('shows by which messages customers came to their orders', async () => {
    const report = await get<{
      orders: number;
      revenue: number;
      items: { path: string[]; orders: number; revenue: number }[];
      none: { orders: number };
    }>('paths?by=campaign');
    const walked: Record<string, { orders: number; cents: number }> = {};
    for (const one of orders) {
      const steps = touchesOf(one).map(({ campaign: key }) => key);
      const path = steps.filter((step, index) => step !== steps[index - 1]).join(' > ');
      const { orders: count, cents } = walked[path] ?? { orders: 0, cents: 0 };
      walked[path] = { orders: count + 1, cents: cents + left(one) };
    }
    const { '': untouched, ...touched } = walked;
    expect(Object.keys(touched).sort()).toEqual(['autumn', 'spring', 'spring > autumn']);
    const shown = report.items.map(({ path, orders: count, revenue }) => [
      path.join(' > '),
      { orders: count, cents: Math.round(revenue * CENTS) },
    ]);
    expect(Object.fromEntries(shown)).toEqual(touched);
    expect([report.orders, report.none.orders]).toEqual([orders.length, untouched?.orders]);
    const csv = await cairn.as<string>('viewer', 'GET', '/v1/reports/paths?by=campaign', undefined, {
      accept: 'text/csv',
    });
    expect(csv.body).toContain('spring > autumn');
  });

  it('compares a campaign with its holdout, by people', async () => {
    interface Arm {
      n: number;
      converted: number;
      rate: number;
    }
    const lift = await get<{ treated: Arm; holdout: Arm; lift: number; interval: number[]; verdict: string }>(
      'lift/campaign/spring',
    );
    const treated = new Set((sent.spring ?? []).map(({ profileId }) => profileId));
    const buyers = new Set(orders.map(({ person: who }) => who).filter((who) => who !== 'nobody-was-sent-to'));
    const among = (isTreated: boolean) => [...buyers].filter((who) => treated.has(who) === isTreated).length;
    expect(lift.treated).toMatchObject({ n: treated.size, converted: among(true) });
    expect(lift.holdout).toMatchObject({ n: PEOPLE - treated.size, converted: among(false) });
    expect(lift.lift).toBeCloseTo(lift.treated.rate - lift.holdout.rate, 9);
    expect(lift.verdict).toBe('higher');
  });

  it('says what was reached of each goal', async () => {
    for (const [index, tags] of [['mql'], ['mql', 'sql'], ['mql'], ['sql']].entries())
      for (const tag of tags) await cairn.ok('marketer', 'PUT', `/v1/profiles/c${index}/tags/${tag}`);
    for (const [who, about] of [
      ['c0', 'price'],
      ['c0', 'size'],
      ['c1', 'price'],
    ])
      await cairn.track(who ?? '', 'Survey Answered', { about });
    await cairn.local('POST', 'settle');
    const { items } = await get<{ items: Record<string, unknown>[] }>('goals');
    const buyersOf = (id: string) => {
      const recipients = new Set((sent[id] ?? []).map(({ profileId }) => profileId));
      return orders.filter(({ person: who }) => recipients.has(who)).map(({ person: who }) => who);
    };
    const rateOf = (id: string) => new Set(buyersOf(id)).size / (sent[id]?.length ?? 0);
    const mean = orders.reduce((sum, { cents }) => sum + cents, 0) / orders.length / CENTS;
    const shown = items.map(({ scope, id, metric, target, actual, onTrack }) => ({
      scope,
      id,
      metric,
      target,
      actual,
      onTrack,
    }));
    expect(shown).toEqual([
      { scope: 'campaign', id: 'autumn', metric: 'converted', target: 0.2, actual: rateOf('autumn'), onTrack: true },
      { scope: 'campaign', id: 'spring', metric: 'converted', target: 0.2, actual: rateOf('spring'), onTrack: true },
      { scope: 'goal', id: 'answered', metric: 'people', target: 3, actual: 2, onTrack: true },
      {
        scope: 'goal',
        id: 'basket',
        metric: 'change',
        target: 0.15,
        actual: expect.closeTo(mean / 20 - 1, 9),
        onTrack: true,
      },
      { scope: 'goal', id: 'leads', metric: 'share', target: 0.45, actual: 1 / 3, onTrack: false },
    ]);
    expect(await get('answers?event=Survey%20Answered&of=about')).toEqual({
      items: [
        { value: 'price', count: 2 },
        { value: 'size', count: 1 },
      ],
    });
    expect((await cairn.as('viewer', 'GET', '/v1/reports/answers?event=Nothing&of=about')).body).toMatchObject({
      errors: [{ path: '/query/event' }],
    });
  });

  it('lists what messages brought with each customer, a page at a time, also as CSV', async () => {
    interface Page {
      items: { profileId: string; sent: number; clicked: number; converted: number; revenue: number }[];
      next?: string;
    }
    for (const segment of ['', '&segment=shanghai']) {
      const items: Page['items'] = [];
      let page: Page | undefined;
      do {
        page = await get<Page>(
          `customers?limit=100${segment}${page?.next === undefined ? '' : `&cursor=${page.next}`}`,
        );
        items.push(...page.items);
      } while (page.next !== undefined);
      expect(items.map(({ profileId }) => profileId).sort()).toEqual(
        Array.from({ length: PEOPLE }, (_, index) => person(index)).sort(),
      );
      const c0 = items.find(({ profileId }) => profileId === 'c0');
      const messages = Object.values(sent).flat();
      expect(c0).toMatchObject({
        sent: messages.filter(({ profileId }) => profileId === 'c0').length,
        clicked: clicks.get('c0')?.length ?? 0,
        revenue: orders.filter(({ person: who }) => who === 'c0').reduce((sum, one) => sum + left(one), 0) / CENTS,
      });
    }
    const csv = await cairn.as<string>('viewer', 'GET', '/v1/reports/customers?limit=3', undefined, {
      accept: 'text/csv',
    });
    expect(csv.body.split('\r\n')[0]).toBe('profileId,tags,sent,opened,clicked,converted,revenue,lastMessageAt');
    expect(csv.body.trim().split('\r\n')).toHaveLength(4);
  });

  it('says what became of coupons, with the orders that they were redeemed with', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/ten', {
      name: '10 off',
      redeemedBy: [{ event: 'Order Completed', code: 'coupon' }],
    });
    await cairn.ok('marketer', 'POST', '/v1/coupon-pools/ten/codes', { codes: ['A', 'B'] });
    for (const [id, coupon] of [
      ['k1', 'A'],
      ['k2', 'A'],
      ['k3', 'nonsense'],
    ])
      await cairn.track('shopper', 'Order Completed', { order_id: id, total: 30, coupon });
    await cairn.local('POST', 'settle');
    const yen = { order_id: 'k4', total: 1500, currency: 'JPY', coupon: 'B' };
    await cairn.track('shopper', 'Order Completed', yen);
    await cairn.local('POST', 'settle');
    expect(await get('coupons/ten')).toMatchObject({
      redeemed: 2,
      orders: 1,
      revenue: 30,
      currency: 'CNY',
      otherCurrencies: { JPY: { orders: 1, revenue: 1500 } },
    });
  });

  it('shows a journey’s funnel, the path to its goal, and the hours that work', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/welcome', {
      name: 'Welcome',
      entry: { event: 'Signed Up' },
      goal: { event: 'Order Completed', within: '7d', target: 0.5 },
      start: 'hello',
      nodes: {
        hello: { type: 'send', template: 'welcome', channels: ['sms'], next: 'react' },
        react: {
          type: 'wait-for',
          timeout: '1d',
          onTimeout: 'lost',
          for: [{ message: 'hello', was: 'clicked', next: 'won' }],
        },
        won: { type: 'end', outcome: 'clicked' },
        lost: { type: 'end', outcome: 'silent' },
      },
    });
    await cairn.ok('marketer', 'POST', '/v1/journeys/welcome/submit');
    await cairn.ok('marketer', 'POST', '/v1/journeys/welcome/publish');
    for (const who of ['c10', 'c11', 'c12', 'c13']) await cairn.track(who, 'Signed Up');
    const welcomed = (await cairn.outbox({ channel: 'sms' })).filter(({ template }) => template === 'welcome');
    expect(welcomed).toHaveLength(4);
    await cairn.local('POST', 'feedback', { messageId: welcomed[0]?.messageId, kind: 'clicked' });
    await cairn.advance('2d');
    await cairn.track(welcomed[0]?.profileId ?? '', 'Order Completed', { order_id: 'welcome-1', total: '49.90' });
    await cairn.track('c12', 'Order Completed', { order_id: 'welcome-2', total: 10 });
    const journey = await get<{
      entered: number;
      outcomes: object;
      goal: object;
      nodes: { id: string; entered: number; left: object }[];
      rows: { key: object; converted: number; revenue: number }[];
    }>('journey/welcome?by=node');
    expect(journey).toMatchObject({ entered: 4, outcomes: { clicked: 1, silent: 3 }, goal: { reached: 2, rate: 0.5 } });
    expect(journey.nodes.find(({ id }) => id === 'react')).toMatchObject({ entered: 4, left: { won: 1, lost: 3 } });
    expect(journey.rows).toMatchObject([{ key: { node: 'hello' }, converted: 2, revenue: 59.9 }]);

    const messages = await cairn.outbox({ channel: 'sms' });
    const hours = await get<{ cells: { weekday: string; hour: number; sent: number }[]; best: object[] }>('hours');
    // Everybody lives in the settings' timezone, eight hours ahead of UTC.
    const recounted = Map.groupBy(messages, ({ at }) => new Date(Date.parse(at) + 8 * 3_600_000).getUTCHours());
    for (const [hour, its] of recounted)
      expect(
        hours.cells.filter((cell) => cell.hour === hour).reduce((sum, cell) => sum + cell.sent, 0),
        String(hour),
      ).toBe(its.length);
    expect(hours.cells).toHaveLength(168);
    expect(hours.best.length).toBeGreaterThan(0);
  });

  it('counts the revenue of a campaign as its orders, less what was given back', async () => {
    interface Report {
      totals: { sent: number; converted: number; revenue: number; cost: number };
      rows: { key: { day: string }; revenue: number }[];
    }
    const { totals, rows } = await get<Report>('campaign/spring?by=day');
    const recipients = new Set((sent.spring ?? []).map(({ profileId }) => profileId));
    const goals = orders.filter(({ person: who }) => recipients.has(who));
    expect(Math.round(totals.revenue * CENTS)).toBe(goals.reduce((sum, one) => sum + left(one), 0));
    expect(totals.converted).toBe(new Set(goals.map(({ person: who }) => who)).size);
    // All belongs to the day of the sending.
    expect(rows.map(({ key }) => key.day)).toEqual(['2026-11-02']);
  });
});
