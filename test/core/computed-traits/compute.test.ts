import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compute, requirementOf } from '../../../core/computed-traits/compute.ts';
import { ComputedTraitSchema } from '../../../core/computed-traits/schema.ts';
import { featureSource, timelineSource } from '../../../core/conditions/event-source.ts';
import { featureSpecsOf, foldEvents } from '../../../core/conditions/features.ts';
import type { CairnEvent } from '../../../core/events/event.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-02T01:00:00Z');
const bought = (daysAgo: number, properties: Record<string, unknown> = {}): CairnEvent => ({
  id: `${daysAgo}${JSON.stringify(properties)}`,
  type: 'track',
  name: 'Order Completed',
  at: NOW - daysAgo * DAY,
  receivedAt: NOW,
  index: 0,
  properties,
  key: 'server',
});
const trait = (figure: object, more: object = {}) =>
  ComputedTraitSchema.parse({ event: 'Order Completed', ...figure, ...more });
const of = (path: string) => ({ of: path });

/** As the tables keep it: folded into features in two portions, the newer one first. */
function kept(definition: ReturnType<typeof trait>, events: CairnEvent[]) {
  const specs = featureSpecsOf([], [], [requirementOf(definition)]);
  const half = events.length >> 1;
  const later = foldEvents({}, specs, events.slice(half), NOW);
  return compute(definition, featureSource(foldEvents(later, specs, events.slice(0, half), NOW), specs), NOW);
}

const ORDERS = [
  bought(40, { total: 900, brand: 'a' }),
  bought(20, { total: 100, brand: 'b' }),
  bought(14, { total: 50.5, brand: 'a', gift: true }),
  bought(0, { total: 49.5, brand: 'b' }),
];

describe('a computed trait', () => {
  it.each([
    ['count', { count: {} }, 3],
    ['sum', { sum: of('total') }, 200],
    ['avg', { avg: of('total') }, 200 / 3],
    ['min', { min: of('total') }, 49.5],
    ['max', { max: of('total') }, 100],
    ['first', { first: of('brand') }, 'b'],
    ['first, when', { first: {} }, new Date(NOW - 20 * DAY).toISOString()],
    ['last', { last: of('brand') }, 'b'],
    ['last, of a property that not each has', { last: of('gift') }, true],
    ['last, when', { last: {} }, new Date(NOW).toISOString()],
    ['most', { most: of('brand') }, 'b'],
    ['interval', { interval: {} }, 10],
  ])('is the %s of the events in its window', (_name, figure, value) => {
    expect(kept(trait(figure, { within: '30d' }), ORDERS).value).toEqual(value);
  });

  it('takes the newer of two values that are equally frequent', () => {
    expect(kept(trait({ most: of('brand') }), ORDERS).value).toBe('b');
    expect(kept(trait({ most: of('brand') }), ORDERS.slice(0, 3)).value).toBe('a');
  });

  it.each([
    ['count', { count: {} }, 0],
    ['sum', { sum: of('total') }, 0],
    ['avg', { avg: of('total') }, undefined],
    ['max', { max: of('total') }, undefined],
    ['first', { first: of('brand') }, undefined],
    ['most', { most: of('brand') }, undefined],
    ['interval', { interval: {} }, undefined],
  ])('of nothing: %s', (_name, figure, value) => {
    expect(kept(trait(figure), [])).toEqual({ value });
  });

  it('has an interval from the second event on', () => {
    expect(kept(trait({ interval: {} }), ORDERS.slice(0, 1)).value).toBeUndefined();
    expect(kept(trait({ interval: {} }), ORDERS.slice(0, 2)).value).toBe(20);
  });

  it('looks only at events that pass its `where`', () => {
    expect(kept(trait({ sum: of('total') }, { where: { brand: 'a' } }), ORDERS).value).toBe(950.5);
  });

  it('says when its oldest event leaves the window', () => {
    expect(kept(trait({ sum: of('total') }, { within: '30d' }), ORDERS).changesAt).toBe(NOW + 10 * DAY);
    expect(kept(trait({ sum: of('total') }, { within: 'ever' }), ORDERS).changesAt).toBeUndefined();
  });

  it('is as kept what it is of the raw events, and stays so until it says', () => {
    const figures = [
      { count: {} },
      { sum: of('v') },
      { avg: of('v') },
      { min: of('v') },
      { max: of('v') },
      { first: of('v') },
      { last: of('v') },
      { most: of('v') },
      { interval: {} },
    ];
    const event = fc
      .record({ ago: fc.integer({ min: 0, max: 60 }), v: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant('x')) })
      .map(({ ago, v }) => bought(ago, { v }));
    fc.assert(
      fc.property(
        fc.constantFrom(...figures),
        fc.constantFrom('ever', '10d', '30d'),
        fc.uniqueArray(event, { maxLength: 30, selector: ({ at }) => at }),
        (figure, within, events) => {
          const definition = trait(figure, { within });
          const raw = (now: number) => compute(definition, timelineSource(events), now);
          // For min, max and last, rows that can no longer matter are dropped, so `changesAt` may be later.
          const { value, changesAt } = kept(definition, events);
          expect(value).toEqual(raw(NOW).value);
          const later = changesAt === undefined ? NOW + 400 * DAY : changesAt - 1;
          expect(raw(later).value).toEqual(raw(NOW).value);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no figure', {}],
    ['two figures', { count: {}, sum: of('total') }],
    ['a figure without its property', { avg: {} }],
    ['a property where none is looked at', { count: of('total') }],
    ['an operand that is looked up', { count: {}, where: { brand: { eq: { trait: 'brand' } } } }],
  ])('is refused with %s', (_what, figure) => {
    expect(ComputedTraitSchema.safeParse({ event: 'Order Completed', ...figure }).success).toBe(false);
  });
});
