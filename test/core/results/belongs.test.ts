import { expect, it } from 'vitest';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { factRowsOf } from '../../../core/results/fact-row.ts';
import { attribution } from '../../../core/results/sql/attribution.ts';
import { customers } from '../../../core/results/sql/customers.ts';
import { exportStatement } from '../../../core/results/sql/exports.ts';
import { factTable } from '../../engine/results/fact-table.ts';
import { lakeOf } from './lake.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FROM = Date.parse('2026-11-02T00:00:00Z');
const fact = (id: string, metric: string, at: number, more: Partial<MetricEvent> = {}): MetricEvent => ({
  id,
  at: FROM + at,
  of: 'message',
  metric,
  profile: `of-${id.slice(0, 1)}`,
  message: id.slice(0, 1),
  dimensions: { channel: 'sms', campaign: 'spring' },
  ...more,
});

it('an export has what was refused on the day of its refusal, as a report has, though it was tried the day before', async () => {
  const facts = [
    fact('a', 'failed', DAY + HOUR, { sentAt: FROM + DAY - HOUR }),
    fact('b', 'sent', DAY - HOUR, { sentAt: FROM + DAY - HOUR }),
    fact('b-opened', 'opened', DAY + HOUR, { sentAt: FROM + DAY - HOUR }),
  ];
  const table = await factTable(factRowsOf({ id: 'm', metricEvents: facts }));
  const on = async (day: number) => {
    const asked = { scope: undefined, from: FROM + day * DAY, to: FROM + (day + 1) * DAY, format: 'jsonl' as const };
    return (await table.rows(exportStatement(asked as never, 'messages')))
      .map((row) => (row as { id: string }).id)
      .sort();
  };
  expect([await on(0), await on(1)]).toEqual([['b', 'b-opened'], ['a']]);
  table.close();
});

it('a message that a receipt has shown to be sent is sent everywhere, at the instant of its sending', async () => {
  const facts = [
    fact('a-unknown', 'unknown', HOUR, { sentAt: FROM + HOUR }),
    fact('a-settled', 'settled', 3 * DAY, { sentAt: FROM + HOUR }),
    {
      ...fact('o', 'order', 2 * HOUR),
      of: 'order' as const,
      profile: 'of-a',
      order: '1',
      amount: 100,
      currency: 'CNY',
    },
  ];
  const ask = await lakeOf(facts);
  const span = { from: FROM, to: FROM + DAY, currency: 'CNY' };
  expect(await ask(customers, { ...span, limit: 10 })).toMatchObject([
    { profile: 'of-a', sent: 1, lastMessageAt: FROM + HOUR },
  ]);
  const asked = { ...span, model: 'last', by: 'campaign', touch: 'sent', windowMs: DAY };
  expect(await ask(attribution, asked)).toMatchObject([
    { key: 'spring', orders: 1, revenue: 100 },
    { kind: 'none' },
    {},
  ]);
});
