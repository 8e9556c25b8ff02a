import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageIdOf } from '../../core/metrics/mark-series.ts';
import type { Cairn } from './cairn.ts';
import { enter, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

interface Counted {
  channel: string | null;
  template: string | null;
  metric: string;
  count: number;
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    caps: [],
    approval: { required: false },
    reportTraits: ['city'],
    money: { costs: { sms: 0.045 } },
  });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
});
afterAll(() => releaseCairn(cairn));

const ask = async <Row>(question: object): Promise<Row[]> =>
  (await cairn.local<{ result: Row[] }>('POST', 'invoke', { function: 'cairn-query-facts', event: question })).result;
const sent = async (day = '2026-11-02') =>
  (await ask<Counted>({ query: 'counts', day })).find(({ metric, channel }) => metric === 'sent' && channel === 'sms')
    ?.count;
const FIRST_DAY = { from: Date.parse('2026-11-02T00:00:00Z'), to: Date.parse('2026-11-03T00:00:00Z') };
const recipients = async () =>
  (
    await ask<{ count: number }>({
      query: 'report',
      scope: { kind: 'journey', id: 'offer' },
      ...FIRST_DAY,
      clocks: [{ since: FIRST_DAY.from, offsetMs: 0 }],
      by: [],
      only: 'recipients',
    })
  )[0]?.count;
const state = async (alarm = 'lake-drift') => {
  const { items } = await cairn.local<{ items: { name: string; state: string }[] }>('GET', 'alarms');
  return items.find(({ name }) => name === `cairn-${alarm}`)?.state;
};
const counting = (enabled: boolean) => cairn.local('POST', 'mapping', { function: 'cairn-record-metrics', enabled });
/** They come together. */
const queued = async (...bodies: object[]) => {
  await counting(false);
  for (const body of bodies)
    await cairn.local('POST', 'enqueue', { queue: 'metric-events', body: JSON.stringify(body) });
  await counting(true);
  await cairn.local('POST', 'settle');
};
const until = (to: string) => cairn.local('POST', 'advance', { to });

describe('the data lake', { shuffle: false }, () => {
  it('answers what was sent, and to how many', async () => {
    await enter(cairn, 'Offered', 0, 3);
    expect([await sent(), await recipients()]).toEqual([3, 3]);
  });

  it('exports it as a file, once for each export', async () => {
    const question = {
      query: 'export',
      id: 'an-export',
      of: 'messages',
      scope: { kind: 'channel', id: 'sms' },
      from: Date.parse('2026-11-02T00:00:00Z'),
      to: Date.parse('2026-11-03T00:00:00Z'),
      format: 'csv',
    };
    expect(await ask(question)).toEqual([{ key: 'exports/an-export.csv', rows: 3 }]);
    await enter(cairn, 'Offered', 5, 1);
    expect(await ask(question)).toEqual([{ key: 'exports/an-export.csv', rows: 3 }]);
    expect(await ask({ ...question, id: 'another', format: 'parquet' })).toEqual([
      { key: 'exports/another.parquet', rows: 4 },
    ]);
  });

  it('agrees with the counters in the night, in which it is compacted', async () => {
    await until('2026-11-03T04:24:00Z');
    expect(await state()).not.toBe('ALARM');
    expect([await sent(), await recipients()]).toEqual([4, 4]);
  });

  it('wakes somebody in the night where facts have not come', async () => {
    await counting(false);
    await enter(cairn, 'Offered', 3, 2);
    await until('2026-11-04T04:24:00Z');
    expect(await state()).toBe('ALARM');
  });

  it('has them all when they come', async () => {
    await counting(true);
    await cairn.local('POST', 'settle');
    expect(await sent('2026-11-03')).toBe(2);
    await until('2026-11-05T04:24:00Z');
    expect(await state()).not.toBe('ALARM');
  });

  it('gives back to reports what a death after the marks has lost', async () => {
    const delivered = async () =>
      (await cairn.ok<{ totals: { delivered: number } }>('viewer', 'GET', '/v1/reports/channel/sms')).totals.delivered;
    const at = Date.parse(await cairn.now());
    // The second is taken for a repeat of the first: its marks are there, and its counters are not.
    for (const [number, count] of [1, 3].entries()) {
      const metricEvents = Array.from({ length: count }, (_, index) => ({
        id: `lost-${number}-${index}`,
        at,
        sentAt: at,
        of: 'message',
        metric: 'delivered',
        message: `m-${number}-${index}`,
        dimensions: { channel: 'sms', template: 'offer' },
      }));
      // Another message beside it gives the batch's file another name.
      await queued(
        { id: messageIdOf('of-a-death', 1), metricEvents },
        { id: messageIdOf('beside', number), metricEvents: [] },
      );
    }
    expect(await delivered()).toBe(1);
    await until('2026-11-06T04:24:00Z');
    expect([await delivered(), await state('report-drift')]).toEqual([1, 'OK']);
    await until('2026-11-07T04:24:00Z');
    expect([await delivered(), await state('report-drift')]).toEqual([4, 'ALARM']);
    await until('2026-11-14T04:24:00Z');
    expect([await delivered(), await state('report-drift')]).toEqual([4, 'OK']);
  });
});
