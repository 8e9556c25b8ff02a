import { describe, expect, test } from 'vitest';
import { lastHandedOver, type Turn } from '../../../core/campaigns/sending-span.ts';

const turn = (due: number, people: Record<string, number>): Turn => ({
  due,
  people: new Map(Object.entries(people)) as Turn['people'],
});
const HOUR = 3_600_000;

describe('the last one is handed over', () => {
  test('never, where nobody is', () => expect(lastHandedOver([], { rates: {} })).toBeUndefined());
  test('at once without limits', () => expect(lastHandedOver([turn(5, { sms: 1_000 })], { rates: {} })).toBe(5));
  test('by the throttle, whatever the channels', () =>
    expect(lastHandedOver([turn(0, { sms: 31, push: 30 })], { perMinute: 60, rates: {} })).toBe(60_000));
  test('by the slowest channel', () =>
    expect(lastHandedOver([turn(0, { sms: 101, push: 1_001 })], { rates: { sms: 10, push: 1_000 } })).toBe(10_000));
  test('after those before it, and not before it is due', () => {
    const pace = { perMinute: 60, rates: {} };
    expect(lastHandedOver([turn(10_000, { sms: 11 }), turn(0, { sms: 61 })], pace)).toBe(70_000);
    expect(lastHandedOver([turn(0, { sms: 1 }), turn(HOUR, { sms: 1 })], pace)).toBe(HOUR);
  });
  test('once a winner is found; at their own hour, on the next day', () => {
    const sample = { share: 0.5, afterMs: HOUR, daily: false };
    expect(lastHandedOver([turn(0, { sms: 22 })], { perMinute: 60, rates: {}, sample })).toBe(10_000 + HOUR + 10_000);
    const daily = lastHandedOver([turn(0, { sms: 22 })], {
      perMinute: 60,
      rates: {},
      sample: { ...sample, daily: true },
    });
    expect(daily).toBe(24 * HOUR + 10_000);
  });
});
