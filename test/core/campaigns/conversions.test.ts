import { describe, expect, test } from 'vitest';
import { conversionsBy } from '../../../core/campaigns/conversions.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { type CountedSends, readStoredSends, storedSends } from '../../../core/profiles/counted-sends.ts';

const AT = Date.parse('2026-11-02T02:00:00Z');
const HOUR = 3_600_000;
const event = (at: number, properties = {}): CairnEvent =>
  ({ id: 'e', name: 'Order Completed', at, properties }) as unknown as CairnEvent;
const variants = [{ name: 'gift', weight: 1, template: 'gift-card' }];
const spring = { id: 'spring', definition: { goal: { event: 'Order Completed', within: '24h' }, variants } };
const sends: CountedSends = {
  aaaaaaaa: { at: AT, channel: 'sms', source: 'campaign:spring', node: 'one', variant: 'gift' },
  bbbbbbbb: { at: AT + HOUR, channel: 'sms', source: 'campaign:spring', node: 'two' },
  cccccccc: { at: AT, channel: 'sms', source: 'campaign:autumn', node: 'one' },
  dddddddd: { at: AT, channel: 'sms', source: 'journey:spring', node: 'one' },
  eeeeeeee: { at: AT, channel: 'push', isUncapped: true },
};
const by = (at: number, definition: object = spring.definition, properties = {}) =>
  conversionsBy(event(at, properties), { id: 'spring', definition }, sends, () => undefined);

describe('an event converts', () => {
  test('the occurrences of its campaign that were sent within the time before it', () => {
    expect(by(AT + HOUR / 2)).toEqual([
      {
        campaign: 'spring',
        occurrence: 'one',
        variant: 'gift',
        send: 'aaaaaaaa',
        sentAt: AT,
        dimensions: { channel: 'sms', template: 'gift-card' },
      },
    ]);
    expect(by(AT + 24 * HOUR).map(({ occurrence }) => occurrence)).toEqual(['one', 'two']);
    expect(by(AT + 25 * HOUR).map(({ occurrence }) => occurrence)).toEqual(['two']);
    expect(by(AT - 1)).toEqual([]);
  });

  test('only as the goal filters it', () => {
    const goal = { event: 'Order Completed', where: { total: { gte: 100 } } };
    expect(by(AT + 1, { goal }, { total: 99 })).toEqual([]);
    expect(by(AT + 1, { goal }, { total: 100 })).toHaveLength(1);
    expect(by(AT + 1, {})).toEqual([]);
  });
});

test('sends are stored with their variants, and without as before', () => {
  expect(readStoredSends(storedSends(sends))).toEqual(sends);
});
