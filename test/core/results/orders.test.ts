import { describe, expect, it } from 'vitest';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { orderOf, refundable } from '../../../core/results/orders.ts';

const { money } = SettingsSchema.parse({});
const event = (name: string, properties: Record<string, unknown>): CairnEvent => ({
  id: 'm1',
  type: 'track',
  name,
  at: 1,
  receivedAt: 1,
  index: 0,
  properties,
  key: 'server',
});
const placed = (properties: Record<string, unknown>) => orderOf(event('Order Completed', properties), money);
const refunded = (properties: Record<string, unknown>) => orderOf(event('Order Refunded', properties), money);

describe('an order', () => {
  it('is known by its id, in the currency that it names', () => {
    expect(placed({ order_id: ' 4711 ', total: 19.99 })).toEqual({
      kind: 'order',
      key: '4711',
      mark: '4711',
      amount: 1999,
      currency: 'CNY',
    });
    expect(placed({ order_id: 4711, total: '1999', currency: 'jpy' })).toMatchObject({
      key: '4711',
      amount: 1999,
      currency: 'JPY',
    });
  });

  it('has one currency for all that are none: each is a counter of its own', () => {
    expect(placed({ order_id: '1', total: 5, currency: 'QQQ' })).toMatchObject({ amount: 500, currency: 'XXX' });
    expect(placed({ order_id: '1', total: 5, currency: 'eur' })).toMatchObject({ amount: 500, currency: 'EUR' });
    const own = { ...money, currency: 'PTS' };
    expect(orderOf(event('Order Completed', { total: 5, currency: 'PTS' }), own)).toMatchObject({ currency: 'PTS' });
  });

  it('without an id is known by its message', () => {
    expect(placed({ total: 1 })?.key).toBe('#m1');
    expect(placed({ order_id: 'x'.repeat(256), total: 1 })?.key).toBe('#m1');
  });

  it('without a readable amount counts, and brings nothing', () => {
    expect(placed({ order_id: 'a' })).toMatchObject({ amount: 0, fault: 'absent' });
    expect(placed({ order_id: 'a', total: -5 })).toMatchObject({ amount: 0, fault: 'negative' });
  });

  it('is no other event', () => {
    expect(orderOf(event('Signed Up', { total: 5 }), money)).toBeUndefined();
  });
});

describe('a refund', () => {
  it('takes back what it says, with a minus or without', () => {
    expect(refunded({ order_id: '4711', total: 5 })).toEqual({
      kind: 'refund',
      key: '4711',
      mark: '#m1',
      amount: 500,
      currency: 'CNY',
    });
    expect(refunded({ order_id: '4711', refund_id: 'r1', total: '-5' })).toMatchObject({ mark: 'r1', amount: 500 });
  });

  it('takes back no more than the order brought, in any order of coming', () => {
    expect([refundable(1000, 0, 400), refundable(1000, 400, 700), refundable(1000, 1100, 5)]).toEqual([400, 600, 0]);
    expect([refundable(1000, 0, 700), refundable(1000, 700, 400)]).toEqual([700, 300]);
  });
});
