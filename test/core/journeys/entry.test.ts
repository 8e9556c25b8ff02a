import { describe, expect, it } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { ruleTurnedEvent } from '../../../core/events/internal.ts';
import { entryOf, mayReenter } from '../../../core/journeys/entry.ts';
import { subscribedEventsOf } from '../../../core/journeys/subscribed-events.ts';
import { DAY, DONE, evaluationContextOf, eventOf, journeyOf, NOW } from './builders.ts';
import { everyNode } from './every-node.ts';

const entering = (entry: object, properties: Record<string, unknown> = {}, name = 'Product Added') =>
  entryOf(
    'j',
    journeyOf({ a: DONE }, { entry }),
    eventOf(name, NOW, properties),
    evaluationContextOf({ traits: { city: 'Xian' } }),
  );

describe('an entry', () => {
  it("takes the event's properties along", () => {
    expect(entering({ event: 'Product Added' }, { sku: 's1' })).toEqual({ key: '', data: { sku: 's1' } });
    expect(entering({ event: 'Order Completed' })).toBeUndefined();
  });

  it("has the text of its key's property, and is none without it", () => {
    const entry = { event: 'Product Added', key: 'cart.id' };
    expect(entering(entry, { cart: { id: 'c1' } })?.key).toBe('c1');
    expect(entering(entry, { cart: { id: 17 } })?.key).toBe('17');
    for (const id of ['', null, {}, ['c1', 'c2']]) expect(entering(entry, { cart: { id } })).toBeUndefined();
    expect(entering(entry)).toBeUndefined();
  });

  it('looks at the event, and at the customer', () => {
    const entry = { event: 'Product Added', where: { price: { gt: 100 }, city: { eq: { trait: 'city' } } } };
    expect(entering(entry, { price: 101, city: 'Xian' })).toBeDefined();
    expect(entering(entry, { price: 100, city: 'Xian' })).toBeUndefined();
    expect(entering(entry, { price: 101, city: 'Wuhan' })).toBeUndefined();
  });

  it("does not take what would pass for a node's result", () => {
    expect(entering({ event: 'Product Added' }, { '@results': { gift: { code: 'mine' } }, a: 1 })?.data).toEqual({
      a: 1,
    });
  });
});

describe('an entry by tag or segment', () => {
  const letsIn = (entry: object, event: CairnEvent) =>
    entryOf('j', journeyOf({ a: DONE }, { entry }), event, evaluationContextOf({})) !== undefined;

  it('follows what turned, and which way', () => {
    expect(letsIn({ tag: 'vip', on: 'added' }, ruleTurnedEvent('vip', true, 3, NOW))).toBe(true);
    expect(letsIn({ tag: 'vip', on: 'removed' }, ruleTurnedEvent('vip', true, 3, NOW))).toBe(false);
    expect(letsIn({ tag: 'vip', on: 'removed' }, ruleTurnedEvent('vip', false, 3, NOW))).toBe(true);
    expect(letsIn({ segment: 'vip', on: 'entered' }, ruleTurnedEvent('segment:vip', true, 3, NOW))).toBe(true);
    expect(letsIn({ segment: 'vip', on: 'entered' }, ruleTurnedEvent('vip', true, 3, NOW))).toBe(false);
  });

  it('does not take whom only a new rule has turned, unless it says so', () => {
    const event = ruleTurnedEvent('vip', true, 3, NOW, true);
    expect(letsIn({ tag: 'vip', on: 'added' }, event)).toBe(false);
    expect(letsIn({ tag: 'vip', on: 'added', backfilled: true }, event)).toBe(true);
  });
});

describe('re-entry', () => {
  const may = (reentry: unknown, days: number) =>
    mayReenter(journeyOf({ a: DONE }, reentry === undefined ? {} : { reentry }), NOW, NOW + days * DAY);

  it.each([
    [undefined, 1000, false],
    ['never', 1000, false],
    ['always', 0, true],
    [{ after: '7d' }, 6.99, false],
    [{ after: '7d' }, 7, true],
  ])('%j after %d days: %s', (reentry, days, is) => {
    expect(may(reentry, days)).toBe(is);
  });
});

describe('what a journey listens for', () => {
  it('is every event that can start, end or resolve a run', () => {
    expect(subscribedEventsOf(everyNode)).toEqual({
      entry: ['Signed Up'],
      exit: ['Order Completed'],
      resolve: ['Message Clicked', 'Survey Answered', '@turned-on', 'Task Completed', 'Webhook Answered'],
      traits: false,
    });
  });

  it("has an opened message's click among it", () => {
    const journey = journeyOf(
      { a: { type: 'send', template: 't', next: 'b' }, b: DONE },
      { exit: [{ message: 'a', was: 'opened' }] },
    );
    expect(subscribedEventsOf(journey).exit).toEqual(['Message Opened', 'Message Clicked']);
  });
});
