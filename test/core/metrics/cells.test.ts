import { describe, expect, it } from 'vitest';
import { sumUp } from '../../../core/metrics/buckets.ts';
import { cellPlace } from '../../../core/metrics/cells.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';

const SENT_AT = Date.parse('2026-11-02T16:30:00.000Z');
const HOUR_MS = 3_600_000;
const reports = { timezone: 'Asia/Shanghai', now: SENT_AT + HOUR_MS };

const fact = (metric: string, more: Partial<MetricEvent> = {}): MetricEvent => ({
  at: SENT_AT + HOUR_MS,
  sentAt: SENT_AT,
  of: 'message',
  metric,
  dimensions: { channel: 'sms', template: 'wake', campaign: 'spring', variant: 'a&b=c#d', occurrence: '2026-11-02' },
  ...more,
});
const cellsOf = (facts: MetricEvent[], now = reports.now) =>
  Object.fromEntries(
    sumUp(facts, [], { reports: { ...reports, now } })
      .filter(({ scope }) => scope.startsWith('report#'))
      .map(({ scope, day, counts, revisedAt }) => [`${scope} ${day}`, { ...counts, ...(revisedAt && { revisedAt }) }]),
  );

const CAMPAIGN =
  'report#campaign:spring 2026-11-03#channel=sms&template=wake&variant=a%26b%3Dc%23d&occurrence=2026-11-02';

describe('cells of reports', () => {
  it('count what a message brings on the day and hour of its sending, by the settings’ clocks', () => {
    const cells = cellsOf([
      fact('sent', { at: SENT_AT, cost: 45_000 }),
      fact('delivered'),
      fact('clicked', { interest: 'first', at: SENT_AT + 30 * HOUR_MS }),
    ]);
    const counts = { 'sent@00': 1, 'cost@00': 45_000, 'delivered@00': 1, 'opened@00': 1, 'clicked@00': 1 };
    expect(cells).toEqual({
      'report#all 2026-11-03#channel=sms': counts,
      [CAMPAIGN]: counts,
      'report#channel:sms 2026-11-03#template=wake': counts,
      'report#template:wake 2026-11-03#channel=sms': counts,
    });
  });

  it.each<[string, MetricEvent[], object]>([
    [
      'an open and a click are one open',
      [fact('opened', { interest: 'first' }), fact('clicked', { interest: 'again' })],
      { 'opened@00': 1, 'clicked@00': 1 },
    ],
    [
      'machines are counted apart',
      [fact('opened', { machine: true }), fact('clicked', { machine: true })],
      { 'opened:machine@00': 1, 'clicked:machine@00': 1 },
    ],
    [
      'a receipt settles what was unknown',
      [fact('unknown'), fact('left', { standing: 'unknown' }), fact('settled')],
      { 'unknown@00': 1, 'left:unknown@00': 1, 'settled@00': 1 },
    ],
    ['what waits is in no report', [fact('deferred'), fact('held'), fact('left', { standing: 'held' })], {}],
    [
      'revenue is summed by currency',
      [
        fact('converted'),
        fact('revenue', { amount: 12_050, currency: 'CNY' }),
        fact('revenue', { amount: -50, currency: 'CNY' }),
        fact('revenue', { amount: 7, currency: 'USD' }),
      ],
      { 'converted@00': 1, 'revenue:CNY@00': 12_000, 'orders:CNY@00': 1, 'revenue:USD@00': 7, 'orders:USD@00': 1 },
    ],
  ])('%s', (_name, facts, counts) => {
    expect(cellsOf(facts)[CAMPAIGN] ?? {}).toEqual(counts);
  });

  it('have what was refused on the day of its refusal', () => {
    const [place] = Object.keys(cellsOf([fact('suppressed', { detail: 'daily-cap', at: SENT_AT + 24 * HOUR_MS })]));
    expect(place).toContain('2026-11-04#');
  });

  it('say when a fact came so late that it corrects a day which may have been reported', () => {
    const now = SENT_AT + 40 * 24 * HOUR_MS;
    expect(cellsOf([fact('opened', { at: now, interest: 'first' })], now)[CAMPAIGN]).toEqual({
      'opened@00': 1,
      revisedAt: now,
    });
  });

  it('keep a run’s version and node apart', () => {
    const goal: MetricEvent = {
      at: SENT_AT,
      of: 'run',
      metric: 'goal',
      dimensions: { journey: 'wake', version: 2, node: 'ask' },
    };
    expect(cellsOf([goal])).toMatchObject({
      'report#journey:wake 2026-11-03#node=ask&version=2': { 'converted@00': 1 },
    });
  });

  it('are read as they were written', () => {
    expect(cellPlace('2026-11-03#channel=sms&variant=a%26b%3Dc%23d')).toEqual({
      day: '2026-11-03',
      dimensions: { channel: 'sms', variant: 'a&b=c#d' },
    });
    expect(cellPlace('2026-11-03#')).toEqual({ day: '2026-11-03', dimensions: {} });
  });
});
