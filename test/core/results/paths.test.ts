import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { mergedFact } from '../../../core/results/customer-facts.ts';
import { MAX_PATHS, MAX_STEPS, type PathRow, paths } from '../../../core/results/sql/paths.ts';
import { lakeOf } from './lake.ts';

const DAY = 24 * 3_600_000;
const FROM = Date.parse('2026-11-01T00:00:00Z');
const WINDOW = 30 * DAY;
const question = {
  query: 'paths',
  from: FROM,
  to: FROM + 30 * DAY,
  by: 'campaign',
  touch: 'clicked',
  windowMs: WINDOW,
  currency: 'CNY',
};

interface Click {
  who: string;
  at: number;
  campaign: string | null;
}
interface Order {
  who: string;
  at: number;
  amount: number;
}
const clickFacts = (clicks: readonly Click[]): MetricEvent[] =>
  clicks.map(({ who, at, campaign }, index) => ({
    id: `click-${index}`,
    at,
    of: 'message',
    metric: 'clicked',
    profile: who,
    message: `m${index}`,
    dimensions: { channel: 'sms', ...(campaign === null ? {} : { campaign }) },
  }));
const orderFacts = (orders: readonly Order[]): MetricEvent[] =>
  orders.map(({ who, at, amount }, index) => ({
    id: `order-${index}`,
    at,
    of: 'order',
    metric: 'order',
    profile: who,
    order: `o${index}`,
    amount,
    currency: 'CNY',
    dimensions: {},
  }));
const ask = async (clicks: readonly Click[], orders: readonly Order[], more: MetricEvent[] = []) => {
  const rows = await (await lakeOf([...clickFacts(clicks), ...orderFacts(orders), ...more]))<PathRow>(paths, question);
  return rows.map(({ kind, path, orders: count, revenue }) => ({ kind, path, orders: count, revenue }));
};

/** What a person with a list of clicks and orders would write down. */
function naive(clicks: readonly Click[], orders: readonly Order[]) {
  const found = new Map<string, { orders: number; revenue: number }>();
  for (const { who, at, amount } of orders) {
    const before = clicks
      .filter((click) => click.who === who && click.at <= at && click.at > at - WINDOW)
      .toSorted((a, b) => a.at - b.at)
      .map(({ campaign }) => campaign);
    const steps = before.filter((campaign, index) => index === 0 || campaign !== before[index - 1]).slice(-MAX_STEPS);
    const key = JSON.stringify(steps);
    const sum = found.get(key) ?? { orders: 0, revenue: 0 };
    found.set(key, { orders: sum.orders + 1, revenue: sum.revenue + amount });
  }
  return Object.fromEntries(found);
}

const person = fc.constantFrom('p', 'q');
const drawnClicks = fc.uniqueArray(
  fc.record({ who: person, at: fc.integer({ min: -20, max: 29 }), campaign: fc.constantFrom('a', 'b', 'c', null) }),
  { maxLength: 25, selector: ({ at }) => at },
);
const drawnOrders = fc.array(
  fc.record({ who: person, at: fc.integer({ min: 0, max: 29 }), amount: fc.integer({ min: 0, max: 9_999 }) }),
  { maxLength: 6 },
);

describe('paths to orders', () => {
  it('are the touches before them, one after the other, as a naive count has them', async () => {
    const inDays = <One extends { at: number }>(all: One[]): One[] =>
      all.map((one) => ({ ...one, at: FROM + one.at * DAY }));
    await fc.assert(
      fc.asyncProperty(drawnClicks, drawnOrders, async (someClicks, someOrders) => {
        const [clicks, orders] = [inDays(someClicks), inDays(someOrders)];
        const found = await ask(clicks, orders);
        const none = found.filter(({ kind, orders: count }) => kind === 'none' && count > 0);
        const rows = [...found.filter(({ kind }) => kind === 'path'), ...none];
        const seen = Object.fromEntries(
          rows.map(({ path, orders: count, revenue }) => [JSON.stringify(path), { orders: count, revenue }]),
        );
        expect(seen).toEqual(naive(clicks, orders));
      }),
      { numRuns: 40 },
    );
  });

  it('know a customer whose profiles were merged', async () => {
    const clicks = [
      { who: 'a', at: FROM + DAY, campaign: 'spring' },
      { who: 'p', at: FROM + 3 * DAY, campaign: 'autumn' },
    ];
    const found = await ask(
      clicks,
      [{ who: 'p', at: FROM + 4 * DAY, amount: 100 }],
      [mergedFact('a', 'p', FROM + 2 * DAY)],
    );
    expect(found[0]).toEqual({ kind: 'path', path: ['spring', 'autumn'], orders: 1, revenue: 100 });
  });

  it('are the most frequent ones; all others are one row', async () => {
    const people = Array.from({ length: MAX_PATHS + 5 }, (_, index) => `w${index}`);
    const clicks = people.map((who, index) => ({ who, at: FROM + DAY, campaign: `c${index}` }));
    const orders = people.map((who) => ({ who, at: FROM + 2 * DAY, amount: 10 }));
    const found = await ask(clicks, [...orders, { who: 'w104', at: FROM + 3 * DAY, amount: 1 }]);
    expect(found[0]).toEqual({ kind: 'path', path: ['c104'], orders: 2, revenue: 11 });
    expect(found.filter(({ kind }) => kind === 'path')).toHaveLength(MAX_PATHS);
    expect(found.find(({ kind }) => kind === 'others')).toEqual({ kind: 'others', path: [], orders: 5, revenue: 50 });
  });

  it('is shown whatever customers say that they paid: sums may be larger than any integer of 64 bits', async () => {
    const amount = 2 ** 62;
    const orders = ['p', 'p', 'q', 'q'].map((who, n) => ({ who, at: FROM + DAY + n, amount }));
    const rows = await ask([{ who: 'p', at: FROM, campaign: 'a' }], orders);
    expect(rows.filter(({ orders: count }) => count > 0).map(({ kind, revenue }) => [kind, revenue])).toEqual([
      ['path', 2 ** 63],
      ['none', 2 ** 63],
    ]);
  });
});
