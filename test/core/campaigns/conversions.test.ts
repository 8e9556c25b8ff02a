import { describe, expect, test } from 'vitest';
import { conversionsBy } from '../../../core/campaigns/conversions.ts';
import { compress } from '../../../core/compression.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import {
  type CountedSend,
  type CountedSends,
  readStoredSends,
  storedSends,
} from '../../../core/profiles/counted-sends.ts';

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

  test('as what was sent, whatever the campaign has become since', () => {
    const { aaaaaaaa } = sends;
    const sent = { aaaaaaaa: { ...aaaaaaaa, template: 'voucher', version: 3 } } as CountedSends;
    expect(conversionsBy(event(AT + 1), spring, sent, () => undefined)).toMatchObject([
      { dimensions: { channel: 'sms', template: 'voucher', version: 3 } },
    ]);
  });

  test('only as the goal filters it', () => {
    const goal = { event: 'Order Completed', where: { total: { gte: 100 } } };
    expect(by(AT + 1, { goal }, { total: 99 })).toEqual([]);
    expect(by(AT + 1, { goal }, { total: 100 })).toHaveLength(1);
    expect(by(AT + 1, {})).toEqual([]);
  });
});

describe('sends', () => {
  test('are stored with what was sent, and without as before', () => {
    const { aaaaaaaa, ...others } = sends;
    const all = { ...others, aaaaaaaa: { ...aaaaaaaa, template: 'gift-card', version: 2 } } as CountedSends;
    expect(readStoredSends(storedSends(all))).toEqual(all);
  });

  test('of before templates were kept are read', () => {
    const of = [
      ['sms', null, null, 'campaign:spring', 'one', false, 'gift'],
      ['push', null, null, null, null],
    ];
    const packed = { of, keys: 'aaaaaaaaeeeeeeee', since: `${AT.toString(36)} 0`, origins: '0 1' };
    const { aaaaaaaa, eeeeeeee } = sends;
    const { isUncapped: _, ...plain } = eeeeeeee as CountedSend;
    expect(readStoredSends(compress(packed))).toEqual({ aaaaaaaa, eeeeeeee: plain });
  });
});
