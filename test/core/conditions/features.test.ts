import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import { FeatureNotKeptError, featureSource, timelineSource } from '../../../core/conditions/event-source.ts';
import {
  type Features,
  featureSpecsOf,
  foldEvents,
  mergeFeatures,
  unpackRows,
} from '../../../core/conditions/features.ts';
import type { Condition } from '../../../core/conditions/schema.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { context, DAY, event, NOW } from './builders.ts';

const twice: Condition = { event: 'Order Completed', within: '30d', count: { gte: 2 } };
const fourTimes: Condition = { event: 'Order Completed', within: '90d', count: { gte: 4 } };
const spent: Condition = { event: 'Order Completed', within: '365d', sum: { of: 'total', gte: 10_000 } };

const rowsIn = (features: Features) => Object.values(features).flatMap(unpackRows);
const fold = (conditions: Condition[], events: CairnEvent[], now = NOW): Features =>
  foldEvents({}, featureSpecsOf(conditions), events, now);

describe('what is kept of events', () => {
  it('is one thing for questions of equal meaning, by a stable name', () => {
    const specs = featureSpecsOf([
      twice,
      { not: { event: ['Order Completed', 'Order Completed'], within: '90d', count: { gt: 1 } } },
      { event: 'A', where: { x: 1, y: { eq: 2 } } },
      { event: 'A', where: { y: 2, x: { eq: 1 } }, last: { olderThan: '1d' } },
    ]);
    expect(specs).toHaveLength(2);
    expect(featureSpecsOf([twice])).toEqual(featureSpecsOf([twice]));
    expect(featureSpecsOf([twice])).toMatchInlineSnapshot(`
      [
        {
          "events": [
            "Order Completed",
          ],
          "id": "EfnUq4kQ",
          "keep": 2,
          "kind": "count",
          "of": undefined,
          "where": undefined,
        },
      ]
    `);
  });

  it('is the last k instants for a count of k', () => {
    const events = [5, 1, 4, 2, 3].map((days) => event('Order Completed', NOW - days * DAY));
    expect(rowsIn(fold([twice], events)).map(({ at }) => at)).toEqual([NOW - 2 * DAY, NOW - DAY]);
  });

  it('is packed as distances, to the millisecond', () => {
    const events = [event('Order Completed', NOW), event('Order Completed', NOW - 1)];
    expect(Object.values(fold([twice], events))).toEqual([[[NOW - 1, 1]]]);
    expect(Object.values(fold([spent], [event('Order Completed', NOW, { total: 9.5 })]))).toEqual([[[NOW], [9.5]]]);
  });

  it('is nothing of events that no rule asks for, and nothing older than its window', () => {
    const before = fold([twice], [event('Order Completed', NOW)]);
    expect(foldEvents(before, featureSpecsOf([twice]), [event('Other', NOW)], NOW)).toBe(before);
    const old = event('Order Completed', NOW - 365 * DAY, { total: 5 });
    expect(fold([spent], [old])).toEqual({});
  });

  it('keeps only what can still be the extreme of a window', () => {
    const max: Condition = { event: 'A', within: '30d', max: { of: 'v', gte: 5 } };
    const events = [1, 9, 3, 7, 7, 2].map((v, index) => event('A', NOW - (10 - index) * DAY, { v }));
    expect(rowsIn(fold([max], events)).map(({ value }) => value)).toEqual([9, 7, 2]);
  });

  it('keeps of a value only its newest instant', () => {
    const kinds: Condition = { event: 'A', within: '30d', distinct: { of: 'v', lte: 9 } };
    const events = ['x', 'y', 'x'].map((v, index) => event('A', NOW - (10 - index) * DAY, { v }));
    expect(rowsIn(fold([kinds], events)).map(({ at }) => at)).toEqual([NOW - 9 * DAY, NOW - 8 * DAY]);
  });

  it('counts an event as often as it is given', () => {
    const one = event('Order Completed', NOW, { total: 6000 });
    const features = fold([spent], [one, one]);
    const source = featureSource(features, featureSpecsOf([spent]));
    expect(evaluate(spent, { ...context(), events: source }).is).toBe(true);
  });

  it('merges the oldest by the day beyond 256, and keeps count and sum', () => {
    const events = Array.from({ length: 1000 }, (_, index) =>
      event('Order Completed', NOW - (999 - index) * 3_600_000, { total: 10 }),
    );
    const features = fold([spent, { event: 'Order Completed', within: '90d', count: { gte: 900 } }], events);
    for (const packed of Object.values(features)) {
      const rows = unpackRows(packed);
      expect(rows.length).toBeLessThanOrEqual(256);
      expect(rows.reduce((n, row) => n + row.n, 0)).toBeGreaterThanOrEqual(900);
      expect(rows.slice(-200).every(({ n }) => n === 1)).toBe(true);
    }
    const source = featureSource(features, featureSpecsOf([spent]));
    expect(evaluate(spent, { ...context(), events: source }).is).toBe(true);
  });

  it('fits into its item however many rules there are', () => {
    const conditions = Array.from({ length: 40 }, (_, index): Condition => {
      return { event: 'A', within: '365d', sum: { of: `v${index}`, gte: 1 } };
    });
    const values = Object.fromEntries(conditions.map((_, index) => [`v${index}`, 12_345.678]));
    const events = Array.from({ length: 300 }, (_, index) => event('A', NOW - index * DAY, values));
    const specs = featureSpecsOf(conditions);
    const features = foldEvents({}, specs, events, NOW);
    expect(JSON.stringify(features).length).toBeLessThan(25_000);
    expect(Object.keys(features)).toHaveLength(40);
    for (const packed of Object.values(features)) {
      expect(unpackRows(packed).reduce((n, row) => n + row.n, 0)).toBe(300);
    }
  });

  it('is dropped by a merge where no rule asks for it any more', () => {
    const both = [twice, fourTimes];
    const features = fold(both, [event('Order Completed', NOW)]);
    const merged = mergeFeatures(features, {}, featureSpecsOf([twice]), NOW);
    expect(Object.keys(merged)).toEqual(featureSpecsOf([twice]).map(({ id }) => id));
  });

  it('does not answer what was not asked before', () => {
    const source = featureSource({}, featureSpecsOf([twice]));
    expect(() => evaluate(spent, { ...context(), events: source })).toThrow(FeatureNotKeptError);
  });

  it('has the rules of fatigue by the settings', () => {
    const fatigue = [{ channel: 'email' as const, opened: 2, for: '30d' }];
    const tired: Condition = { fatigued: 'email' };
    const specs = featureSpecsOf([tired], fatigue);
    const opened = (messageId: string) =>
      ['Message Sent', 'Message Opened'].map((name) => event(name, NOW, { messageId, channel: 'email' }));
    const features = foldEvents({}, specs, [...opened('a'), ...opened('b')], NOW);
    const facts = { ...context(), fatigue };
    expect(evaluate(tired, { ...facts, events: featureSource(features, specs) })).toEqual({
      is: true,
      changesAt: NOW + 30 * DAY,
    });
    expect(evaluate(tired, { ...facts, events: timelineSource(opened('a')) })).toEqual({ is: false });
  });
});
