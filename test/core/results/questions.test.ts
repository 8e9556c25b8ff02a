import { describe, expect, it } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { aimedFact, answerFacts, mergedFact, redeemedFact, taggedFact } from '../../../core/results/customer-facts.ts';
import { answers } from '../../../core/results/sql/answers.ts';
import { converters } from '../../../core/results/sql/converters.ts';
import { couponRevenue } from '../../../core/results/sql/coupon-revenue.ts';
import { customers } from '../../../core/results/sql/customers.ts';
import { goalStates } from '../../../core/results/sql/goals.ts';
import { report } from '../../../core/results/sql/report.ts';
import { lakeOf } from './lake.ts';

const HOUR = 3_600_000;
const FROM = Date.parse('2026-11-02T00:00:00Z');
const span = { from: FROM, to: FROM + 100 * HOUR };
const event = (id: string, hours: number, properties = {}): CairnEvent => ({
  id,
  type: 'track',
  name: 'Survey Answered',
  at: FROM + hours * HOUR,
  receivedAt: FROM + hours * HOUR,
  index: 0,
  properties,
  key: 'server',
});

describe('questions to the lake', () => {
  it('who did what a campaign is for, under each key that the person has had', async () => {
    const ask = await lakeOf([
      aimedFact({ profile: 'p', event: event('1', 5) }, 'spring'),
      aimedFact({ profile: 'p', event: event('1', 5) }, 'spring'),
      aimedFact({ profile: 'a', event: event('2', 3) }, 'spring'),
      aimedFact({ profile: 'q', event: event('3', 3) }, 'autumn'),
      mergedFact('a', 'p', FROM + 4 * HOUR),
    ]);
    const found = await ask<{ profile: string; ats: number[] }>(converters, { campaign: 'spring', ...span });
    expect(found.toSorted((a, b) => (a.profile < b.profile ? -1 : 1))).toEqual([
      { profile: 'a', ats: [FROM + 3 * HOUR, FROM + 5 * HOUR] },
      { profile: 'p', ats: [FROM + 3 * HOUR, FROM + 5 * HOUR] },
    ]);
  });

  it('how many of those with one tag got another, later', async () => {
    const tagged = (profile: string, id: string, hours: number) =>
      taggedFact(profile, { id, on: true }, hours, FROM + hours * HOUR);
    const ask = await lakeOf([
      tagged('p', 'mql', 1),
      tagged('p', 'sql', 2),
      tagged('q', 'mql', 1),
      tagged('r', 'sql', 1),
      tagged('r', 'mql', 2),
      tagged('a', 'mql', 3),
      tagged('s', 'sql', 4),
      mergedFact('a', 's', FROM + 3.5 * HOUR),
      taggedFact('q', { id: 'sql', on: false }, 9, FROM + 9 * HOUR),
    ]);
    expect(await ask(goalStates, { first: 'mql', then: 'sql', ...span })).toEqual([{ people: 4, reached: 2 }]);
  });

  it.each(['city', '*', '**', 'a"b', 'a/b', 'a~b', 'a\\b', 'a.b', '0', '$', '城市'])(
    'recipients by a trait named %j',
    async (name) => {
      const audience = { tags: [], segments: [], traits: { other: 'no', [name]: 'yes' } };
      const dimensions = { channel: 'sms' as const, campaign: 'spring' };
      const sent = { of: 'message' as const, metric: 'sent', at: FROM, sentAt: FROM, dimensions, audience };
      const ask = await lakeOf([{ ...sent, profile: 'p', message: 'm' }]);
      const question = { scope: { kind: 'campaign', id: 'spring' }, clocks: [{ since: FROM, offsetMs: 0 }], ...span };
      const rows = await ask<{ key0: unknown; isTotal: boolean }>(report, {
        ...question,
        by: [{ kind: 'trait', name, text: `trait:${name}` }],
        only: 'recipients',
      });
      expect(rows.filter(({ isTotal }) => !isTotal).map(({ key0 }) => key0)).toEqual(['yes']);
    },
  );

  describe('a report, where a recipient was merged into another profile', () => {
    const dimensions = { channel: 'sms', campaign: 'spring', occurrence: 'one' } as const;
    const audience = { tags: ['vip'], segments: [], traits: {} };
    const sent = { of: 'message' as const, metric: 'sent', at: FROM, sentAt: FROM, dimensions, audience };
    const facts: MetricEvent[] = [
      { ...sent, profile: 'a', message: 'm1' },
      { ...sent, profile: 'p', message: 'm2', dimensions: { ...dimensions, occurrence: 'two' } },
      { ...sent, metric: 'converted', at: FROM + 9 * HOUR, profile: 'p', audience: undefined },
    ];
    const asked = async (mergedAfter: number, by: object[] = []) => {
      const ask = await lakeOf([...facts, mergedFact('a', 'p', FROM + mergedAfter * HOUR)]);
      const question = {
        scope: { kind: 'campaign', id: 'spring' },
        clocks: [{ since: FROM, offsetMs: 0 }],
        by,
        ...span,
      };
      const rows = await ask<{ isTotal: boolean; key0: unknown; counter: string; count: number }>(report, question);
      return rows
        .filter(({ isTotal }) => isTotal === (by.length === 0))
        .map((row) => [row.key0, row.counter, row.count]);
    };
    const VIP = [{ kind: 'tag', name: 'vip', text: 'tag:vip' }];

    it('has the person once, unless that came after its days', async () => {
      expect(await asked(5)).toContainEqual([null, 'recipients', 1]);
      expect(await asked(101)).toContainEqual([null, 'recipients', 2]);
    });

    it.each([5, 101])(
      'knows what they were when they were sent what has converted them (%i h)',
      async (mergedAfter) => {
        expect(await asked(mergedAfter, VIP)).toContainEqual([true, 'converted', 1]);
      },
    );
  });

  it('what orders brought with which codes were redeemed, each currency apart', async () => {
    const redeemed = (order: string) => redeemedFact('p', { pool: 'ten', code: order, order, at: FROM + HOUR });
    const of = (order: string, amount: number, currency: string, metric = 'order'): MetricEvent => ({
      ...{ id: `${metric}:${order}`, at: FROM, of: 'order', metric, profile: 'p', order, amount, currency },
      dimensions: {},
    });
    const ask = await lakeOf([
      ...['1', '2', '3'].map(redeemed),
      ...[of('1', 1000, 'CNY'), of('2', 500, 'CNY'), of('3', 1500, 'JPY'), of('4', 70, 'CNY')],
      of('1', -300, 'CNY', 'refund'),
      of('3', -400, 'JPY', 'refund'),
    ]);
    expect(await ask(couponRevenue, { pool: 'ten', from: FROM })).toEqual([
      { currency: 'CNY', orders: 2, revenue: 1200 },
      { currency: 'JPY', orders: 1, revenue: 1100 },
    ]);
  });

  it('how answers are distributed: each of a list, none twice', async () => {
    const surveys = [{ event: 'Survey Answered', of: ['about'] }];
    const said = [['price'], [['price', 'size', 'price']], [4], [{ no: 'text' }], ['x'.repeat(300)], [' ']];
    const ask = await lakeOf(
      said.flatMap(([about], index) =>
        answerFacts({ profile: 'p', event: event(`${index}`, index, { about }) }, surveys),
      ),
    );
    const question = { event: 'Survey Answered', property: 'about', limit: 10, ...span };
    expect(await ask(answers, question)).toEqual([
      { value: 'price', count: 2 },
      { value: '4', count: 1 },
      { value: 'size', count: 1 },
      { value: 'x'.repeat(200), count: 1 },
    ]);
  });

  it('what messages brought with each customer: orders of two goals once', async () => {
    const message = (metric: string, profile: string, of: Partial<MetricEvent> = {}): MetricEvent => ({
      at: FROM + HOUR,
      sentAt: FROM + HOUR,
      of: 'message',
      metric,
      profile,
      message: 'm1',
      dimensions: { channel: 'sms' },
      ...of,
    });
    const revenue = (of: MetricEvent['of'], amount: number): MetricEvent =>
      message('revenue', 'p', { of, amount, currency: 'CNY', order: '1', at: FROM + 300 * HOUR });
    const ask = await lakeOf([
      message('sent', 'p'),
      message('opened', 'p', { machine: true }),
      message('clicked', 'p', { at: FROM + 200 * HOUR }),
      message('sent', 'a', { message: 'm2' }),
      message('sent', 'z', { message: 'm3' }),
      revenue('message', 1000),
      revenue('run', 1000),
      revenue('run', -300),
      mergedFact('a', 'p', FROM + 4 * HOUR),
    ]);
    const question = { ...span, currency: 'CNY', limit: 10 };
    const p = { profile: 'p', sent: 2, opened: 1, clicked: 1, converted: 0, revenue: 700, lastMessageAt: FROM + HOUR };
    expect(await ask(customers, question)).toEqual([p, expect.objectContaining({ profile: 'z', sent: 1 })]);
    expect(await ask(customers, { ...question, profiles: ['p', 'y'] })).toEqual([p]);
    expect(await ask(customers, { ...question, after: 'p' })).toHaveLength(1);
  });
});
