import { describe, expect, test } from 'vitest';
import { lastHandedOver, type Turn } from '../../../core/campaigns/sending-span.ts';

const turn = (due: number, people: Record<string, number>, refused = 0): Turn => ({
  due,
  handedOver: Object.values(people).reduce((sum, count) => sum + count, refused),
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
  test('later, the more are refused before: they take the throttle’s places, too', () =>
    expect(lastHandedOver([turn(0, { sms: 31 }, 30)], { perMinute: 60, rates: { sms: 1 } })).toBe(60_000));
});
