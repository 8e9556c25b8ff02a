import { describe, expect, it } from 'vitest';
import { event, folded, identify } from './builders.ts';

const HOUR = 3_600_000;
const eventWith = (id: string, at: number, context: Record<string, unknown>) =>
  event(id, at, { type: 'track', name: 'Seen', context });

describe('timezone and locale', () => {
  it("come from an SDK's context where no trait says them", () => {
    const { timezone, locale } = folded([eventWith('m1', 100, { timezone: 'Asia/Tokyo', locale: 'ja-JP' })]);
    expect({ timezone, locale }).toEqual({ timezone: 'Asia/Tokyo', locale: 'ja-JP' });
  });

  it('the traits go before, whichever is the newer', () => {
    const trait = identify('m1', 100, { timezone: 'Europe/Rome', locale: 'it-IT' });
    const context = eventWith('m2', 200, { timezone: 'Asia/Tokyo', locale: 'ja-JP' });
    for (const events of [
      [trait, context],
      [context, trait],
    ])
      expect(folded(events)).toMatchObject({ timezone: 'Europe/Rome', locale: 'it-IT' });
  });

  it('a trait that is null gives way to the context', () => {
    const removed = folded([
      identify('m1', 100, { timezone: 'Europe/Rome', locale: 'it-IT' }),
      identify('m2', 200, { timezone: null, locale: null }),
    ]);
    expect(removed).not.toHaveProperty('timezone');
    expect(removed).not.toHaveProperty('locale');
    expect(folded([eventWith('m3', 300, { timezone: 'Asia/Tokyo' })], removed).timezone).toBe('Asia/Tokyo');
  });

  it('a trait that is no timezone changes nothing, and keeps no context out', () => {
    const events = [identify('m1', 100, { timezone: 'Mars/Base' }), eventWith('m2', 200, { timezone: 'Asia/Tokyo' })];
    expect(folded(events).timezone).toBe('Asia/Tokyo');
    expect(folded([identify('m3', 300, { timezone: 'Mars/Base' })], folded(events)).timezone).toBe('Asia/Tokyo');
  });

  it.each(['Mars/Base', '', 5, null])('a context of %o says nothing', (timezone) => {
    expect(folded([eventWith('m1', 100, { timezone })])).not.toHaveProperty('timezone');
  });

  it('an older context that comes late does not change them back', () => {
    const now = folded([eventWith('m2', 200, { timezone: 'Asia/Tokyo', locale: 'ja-JP' })]);
    const late = folded([eventWith('m1', 100, { timezone: 'Europe/Rome', locale: 'it-IT' })], now);
    expect(late).toMatchObject({ timezone: 'Asia/Tokyo', locale: 'ja-JP' });
    expect(folded([eventWith('m3', 300, { timezone: 'Europe/Rome' })], late).timezone).toBe('Europe/Rome');
  });
});

describe('the device', () => {
  const device = (id: string, at: number, type: unknown, token: unknown) =>
    eventWith(id, at, { device: { type, token } });

  it.each(['ios', 'android', 'huawei', 'baidu'])('of %s gives its token', (platform) => {
    expect(folded([device('m1', 100, platform, 't')]).addresses.push).toEqual([
      { value: 't', platform, status: 'ok', at: 100 },
    ]);
  });

  it('is read as SDKs write it, too', () => {
    expect(folded([device('m1', 100, 'iOS', 't')]).addresses.push?.[0]?.platform).toBe('ios');
  });

  it.each([
    ['windows', 't'],
    ['ios', ''],
    ['ios', undefined],
    [undefined, 't'],
  ])('of type %s and token %s is no address', (type, token) => {
    expect(folded([device('m1', 100, type, token)]).addresses).toEqual({});
  });

  it('seen again within the day is not written again; after it, it is', () => {
    const once = folded([device('m1', 0, 'ios', 't')]);
    expect(folded([device('m2', 24 * HOUR - 1, 'ios', 't')], once)).toBe(once);
    expect(folded([device('m3', 24 * HOUR, 'ios', 't')], once).addresses.push?.[0]?.at).toBe(24 * HOUR);
  });

  it('a second one joins the first', () => {
    const two = folded([device('m1', 100, 'ios', 'phone'), device('m2', 200, 'android', 'tablet')]);
    expect(two.addresses.push?.map(({ value }) => value)).toEqual(['tablet', 'phone']);
  });
});
