import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { ATTRIBUTION_MODELS } from '../../../core/results/credits.ts';
import { mergedFact } from '../../../core/results/customer-facts.ts';
import { type AttributedRow, attribution } from '../../../core/results/sql/attribution.ts';
import { lakeOf } from './lake.ts';

const DAY = 24 * 3_600_000;
const FROM = Date.parse('2026-11-01T00:00:00Z');
const question = {
  query: 'attribution',
  from: FROM,
  to: FROM + 30 * DAY,
  model: 'linear',
  by: 'campaign',
  touch: 'clicked',
  windowMs: 30 * DAY,
  currency: 'CNY',
};

let count = 0;
const id = () => {
  count += 1;
  return `f${count}`;
};
const touched = (metric: string, days: number, of: Partial<MetricEvent> & { campaign?: string }): MetricEvent => ({
  id: id(),
  at: FROM + days * DAY,
  of: 'message',
  metric,
  profile: 'p',
  message: id(),
  ...of,
  dimensions: { channel: 'sms', ...(of.campaign === undefined ? {} : { campaign: of.campaign }) },
});
const click = (campaign: string, days: number, of: Partial<MetricEvent> = {}) =>
  touched('clicked', days, { ...of, campaign });
const order = (key: string, days: number, amount: number, of: Partial<MetricEvent> = {}): MetricEvent => ({
  id: `order:${key}`,
  at: FROM + days * DAY,
  of: 'order',
  metric: 'order',
  profile: 'p',
  order: key,
  amount,
  currency: 'CNY',
  dimensions: {},
  ...of,
});
const refund = (key: string, days: number, amount: number): MetricEvent => ({
  ...order(key, days, -amount),
  id: id(),
  metric: 'refund',
});

const ask = async (facts: MetricEvent[], of: object = {}) =>
  (await lakeOf(facts))<AttributedRow>(attribution, { ...question, ...of });
const short = (rows: AttributedRow[]) =>
  rows
    .filter(({ kind }) => kind === 'key' || kind === 'none')
    .map(({ kind, key, orders, revenue }) => [kind === 'none' ? 'none' : key, orders, revenue]);

describe('attribution', () => {
  const facts = [
    click('spring', 1),
    click('autumn', 4),
    order('1', 5, 1000),
    order('2', 40, 7),
    order('3', 3, 300),
    order('4', 6, 50, { profile: 'q' }),
    click('spring', 7, { profile: 'q' }),
  ];

  it('credits an order to the touches before it, others to none', async () => {
    expect(short(await ask(facts))).toEqual([
      ['spring', 1.5, 800],
      ['autumn', 0.5, 500],
      ['none', 1, 50],
    ]);
    expect(short(await ask(facts, { model: 'first' }))).toEqual([
      ['spring', 2, 1300],
      ['none', 1, 50],
    ]);
    expect(short(await ask(facts, { model: 'last' }))).toEqual([
      ['autumn', 1, 1000],
      ['spring', 1, 300],
      ['none', 1, 50],
    ]);
  });

  it('takes off what was given back, in every currency', async () => {
    const [yen, won] = [{ currency: 'JPY' }, { currency: 'KRW' }];
    const back = [refund('1', 6, 400), { ...refund('y', 6, 900), ...yen }, { ...refund('w', 6, 5), ...yen }];
    const rows = await ask([...facts, order('y', 5, 1500, yen), order('w', 5, 7, won), ...back]);
    expect(short(rows)[0]).toEqual(['spring', 1.5, 600]);
    const others = rows
      .filter(({ kind }) => kind === 'other')
      .map(({ key, orders, revenue }) => [key, orders, revenue]);
    expect(others.toSorted()).toEqual([
      ['JPY', 1, 600],
      ['KRW', 1, 7],
    ]);
  });

  it('asks for touches of the window, of the kind, of humans', async () => {
    expect(short(await ask(facts, { windowMs: 2 * DAY + 1 }))).toEqual([
      ['autumn', 1, 1000],
      ['spring', 1, 300],
      ['none', 1, 50],
    ]);
    expect(short(await ask(facts, { touch: 'sent' }))).toEqual([['none', 3, 1350]]);
    expect(short(await ask(facts, { touch: 'opened' }))).toEqual(short(await ask(facts)));
    const byMachine = [click('spring', 1, { machine: true }), order('1', 5, 1000)];
    expect(short(await ask(byMachine))).toEqual([['none', 1, 1000]]);
  });

  it('knows a customer whose profiles were merged, over several hops', async () => {
    const merges = [mergedFact('a', 'b', FROM + DAY), mergedFact('b', 'p', FROM + 2 * DAY)];
    const some = [click('spring', 0.5, { profile: 'a' }), order('1', 5, 1000), ...merges];
    expect(short(await ask(some))).toEqual([
      ['spring', 1, 1000],
      ['none', 0, 0],
    ]);
  });

  it('takes off what was given back, no more than there was, and counts an order once', async () => {
    const some = [
      click('spring', 1),
      order('1', 5, 1000),
      order('1', 9, 1000),
      refund('1', 35, 400),
      refund('1', 36, 900),
      order('2', 6, 100),
      refund('2', 7, 30),
    ];
    expect(short(await ask(some))).toEqual([
      ['spring', 2, 70],
      ['none', 0, 0],
    ]);
  });

  it('keeps other currencies and orders without an amount apart, and adds costs', async () => {
    const some = [
      order('1', 5, 1000, { currency: 'USD' }),
      order('2', 5, 0, { detail: 'absent' }),
      touched('sent', 2, { cost: 45_000, campaign: 'spring' }),
      touched('sent', 3, { cost: 45_000, campaign: 'spring' }),
    ];
    expect(await ask(some)).toEqual([
      { kind: 'key', key: 'spring', orders: 0, revenue: 0, cost: 90_000 },
      expect.objectContaining({ kind: 'none', orders: 1, revenue: 0 }),
      expect.objectContaining({ kind: 'other', key: 'USD', orders: 1, revenue: 1000 }),
      expect.objectContaining({ kind: 'unread', orders: 1 }),
    ]);
  });

  it('sums to all orders and all revenue, in each model and by each key', async () => {
    const history = fc.record({
      touches: fc.array(
        fc.tuple(
          fc.constantFrom('p', 'q', 'r'),
          fc.constantFrom('a', 'b', undefined),
          fc.integer({ min: -300, max: 290 }),
        ),
        { maxLength: 40 },
      ),
      orders: fc.array(
        fc.tuple(fc.constantFrom('p', 'q', 's'), fc.integer({ min: 0, max: 299 }), fc.integer({ min: 0, max: 99_999 })),
        { maxLength: 20 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ touches, orders }) => {
        const lake = await lakeOf([
          ...touches.map(([profile, campaign, at]) =>
            touched('clicked', at / 10, { profile, ...(campaign === undefined ? {} : { campaign }) }),
          ),
          ...orders.map(([profile, at, amount], index) => order(`o${index}`, at / 10, amount, { profile })),
          mergedFact('r', 's', FROM),
        ]);
        for (const model of ATTRIBUTION_MODELS)
          for (const by of ['campaign', 'channel', 'message']) {
            const rows = await lake<AttributedRow>(attribution, { ...question, model, by });
            expect(rows.reduce((sum, { revenue }) => sum + revenue, 0)).toBe(
              orders.reduce((sum, [, , amount]) => sum + amount, 0),
            );
            const credited = rows.filter(({ kind }) => kind !== 'unread').reduce((sum, row) => sum + row.orders, 0);
            expect(credited).toBeCloseTo(orders.length, 9);
          }
      }),
      { seed: 15, numRuns: Number(process.env.HISTORIES ?? 5) },
    );
  });
});
