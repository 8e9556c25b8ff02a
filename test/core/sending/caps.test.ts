import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { compress } from '../../../core/compression.ts';
import type { Cap } from '../../../core/definitions/caps.ts';
import { hashId } from '../../../core/ids.ts';
import {
  type CountedSend,
  type CountedSends,
  readStoredSends,
  sendKeyOf,
  storedSends,
} from '../../../core/profiles/counted-sends.ts';
import { capUse, countsAlike, exceededCap, type ScopedCap, withSend } from '../../../core/sending/caps.ts';
import { durationMs } from '../../../core/time/duration.ts';

const [SHANGHAI, TOKYO, LONDON] = ['Asia/Shanghai', 'Asia/Tokyo', 'Europe/London'];
const TWO_A_DAY: ScopedCap[] = [{ cap: { max: 2, per: 'day' } }];
const at = (text: string): number => Date.parse(text);
const sent = (text: string, zone: string, more: Partial<CountedSend> = {}): CountedSend => ({
  at: at(text),
  zone,
  channel: 'sms',
  ...more,
});
const asSends = (...all: CountedSend[]): CountedSends =>
  Object.fromEntries(all.map((send, index) => [sendKeyOf(`m${index}`), send]));
const judged = (caps: ScopedCap[], sends: CountedSends, zone: string, now: string) =>
  exceededCap(caps, { channel: 'sms' }, sends, zone, at(now));

describe('a daily cap, when the timezone changes,', () => {
  it('eastward at 23:50: the day ends where the messages were counted, too', () => {
    const sends = asSends(sent('2026-11-02T22:00+08:00', SHANGHAI), sent('2026-11-02T22:30+08:00', SHANGHAI));
    // 00:50 of the next day in Tokyo.
    expect(judged(TWO_A_DAY, sends, TOKYO, '2026-11-02T23:50+08:00')).toBe('daily-cap');
    expect(judged(TWO_A_DAY, sends, TOKYO, '2026-11-02T23:59:59.999+08:00')).toBe('daily-cap');
    expect(judged(TWO_A_DAY, sends, TOKYO, '2026-11-03T00:00+08:00')).toBeUndefined();
    expect(capUse(TWO_A_DAY, sends, TOKYO, at('2026-11-02T23:50+08:00'))).toEqual([
      { cap: TWO_A_DAY[0]?.cap, used: 2, freesAt: at('2026-11-03T00:00+08:00') },
    ]);
  });

  it('westward at 00:10: the date comes again, and its messages count again', () => {
    const sends = asSends(sent('2026-11-02T09:00+08:00', SHANGHAI), sent('2026-11-02T22:30+08:00', SHANGHAI));
    expect(judged(TWO_A_DAY, sends, SHANGHAI, '2026-11-03T00:10+08:00')).toBeUndefined();
    expect(judged(TWO_A_DAY, sends, LONDON, '2026-11-02T16:10+00:00')).toBe('daily-cap');
    expect(judged(TWO_A_DAY, sends, LONDON, '2026-11-03T00:00+00:00')).toBeUndefined();
  });
});

it('a day of 25 hours is one day', () => {
  const sends = asSends(sent('2026-10-25T00:05+01:00', LONDON));
  const ONE_A_DAY = [{ cap: { max: 1, per: 'day' as const } }];
  expect(judged(ONE_A_DAY, sends, LONDON, '2026-10-25T23:59+00:00')).toBe('daily-cap');
  expect(judged(ONE_A_DAY, sends, LONDON, '2026-10-26T00:00+00:00')).toBeUndefined();
});

it('what no cap counts is counted by none', () => {
  const sends = asSends(sent('2026-11-02T09:00+08:00', SHANGHAI, { isUncapped: true }));
  expect(capUse(TWO_A_DAY, sends, SHANGHAI, at('2026-11-02T10:00+08:00'))).toMatchObject([{ used: 0 }]);
});

it('a cap of a node counts the node, one of a journey all its nodes, one of the settings all', () => {
  const source = 'journey:news';
  const sends = asSends(
    sent('2026-11-02T09:00+08:00', SHANGHAI, { source, node: 'first' }),
    sent('2026-11-02T10:00+08:00', SHANGHAI, { source, node: 'second' }),
    sent('2026-11-02T11:00+08:00', SHANGHAI, { source: 'journey:other', node: 'first' }),
  );
  const cap: Cap = { max: 9, within: '7d' };
  const scoped = [{ cap }, { cap, source }, { cap, source, node: 'first' }, { cap, source, node: 'third' }];
  expect(capUse(scoped, sends, SHANGHAI, at('2026-11-02T12:00+08:00')).map(({ used }) => used)).toEqual([3, 2, 1, 0]);
});

describe('a message that was counted before', () => {
  const own = sent('2026-11-02T22:00+08:00', SHANGHAI);
  const rolling: ScopedCap[] = [{ cap: { max: 2, within: '1h' } }];
  it.each<[string, CountedSend, ScopedCap[], boolean]>([
    ['need not be counted again on the same day', sent('2026-11-02T23:59+08:00', SHANGHAI), TWO_A_DAY, true],
    ['is counted on the day of its new try', sent('2026-11-03T00:00+08:00', SHANGHAI), TWO_A_DAY, false],
    [
      'is counted on another date of where its customer is now',
      sent('2026-11-02T23:10+08:00', TOKYO),
      TWO_A_DAY,
      false,
    ],
    ['is counted anew by a cap of hours', sent('2026-11-02T22:01+08:00', SHANGHAI), rolling, false],
    ['is counted by the channel that it now goes by', { ...own, channel: 'email' }, TWO_A_DAY, false],
    ['is not counted a second time at the same instant', own, rolling, true],
  ])('%s', (_, next, caps, expected) => {
    expect(countsAlike(own, next, caps)).toBe(expected);
  });
});

it('two sends a day for a month are less than one write unit', () => {
  const sends: CountedSends = {};
  for (let index = 0; index < 62; index += 1) {
    // Within twelve hours, to the millisecond.
    const instant = at('2026-10-01T00:00Z') + index * 43_200_000 + ((index * 7_919_317) % 40_000_000);
    sends[sendKeyOf(hashId('message', index))] = {
      at: instant,
      zone: SHANGHAI,
      channel: (['push', 'sms', 'email'] as const)[index % 3] ?? 'sms',
      ...(index % 2 === 0 ? { topic: 'offers' } : {}),
      source: `journey:cart-abandoned-${(index * 7) % 5}`,
      node: 'remind',
    };
  }
  const ofItem = 'pk'.length + 26 + 'sk#SENDS'.length + 'body'.length + 'v'.length + 3;
  expect(storedSends(sends).length + ofItem).toBeLessThan(1024);
  expect(readStoredSends(storedSends(sends))).toEqual(sends);
});

it('what an older version has counted is read', () => {
  const { zone: _unknown, ...send } = sent('2026-11-02T22:00+08:00', SHANGHAI);
  expect(readStoredSends(compress({ m: send }))).toEqual({ [sendKeyOf('m')]: send });
  expect(readStoredSends(storedSends({}))).toEqual({});
});

describe('against a recount of everything that was ever sent', () => {
  const ZONES = [
    ...[SHANGHAI, TOKYO, LONDON, 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati', 'Pacific/Pago_Pago'],
    ...['America/Nuuk', 'America/Havana', 'Asia/Kathmandu', 'Antarctica/Troll'],
  ];
  const cap: fc.Arbitrary<Cap> = fc
    .record({
      max: fc.integer({ min: 1, max: 3 }),
      span: fc.constantFrom('day', '2h', '1d', '7d', '60d'),
      topic: fc.option(fc.constantFrom('offers', 'news'), { nil: undefined, freq: 3 }),
      channel: fc.option(fc.constantFrom('sms' as const, 'email' as const), { nil: undefined, freq: 3 }),
    })
    .map(({ max, span, topic, channel }) => ({
      max,
      ...(topic === undefined ? {} : { topic }),
      ...(channel === undefined ? {} : { channel }),
      ...(span === 'day' ? { per: 'day' as const } : { within: span }),
    }));
  const scoped: fc.Arbitrary<ScopedCap> = fc
    .record({ cap, source: fc.constantFrom(undefined, 'journey:a'), node: fc.constantFrom(undefined, 'one') })
    .map(({ cap: one, source, node }) => ({
      cap: one,
      ...(source === undefined ? {} : { source, ...(node === undefined ? {} : { node }) }),
    }));
  const act = fc.record({
    after: fc.oneof(fc.integer({ min: 0, max: 3 * 3_600_000 }), fc.integer({ min: 0, max: 20 * 86_400_000 })),
    zone: fc.option(fc.constantFrom(...ZONES), { nil: undefined, freq: 2 }),
    channel: fc.constantFrom('sms' as const, 'email' as const),
    topic: fc.constantFrom(undefined, 'offers', 'news'),
    source: fc.constantFrom('journey:a', 'journey:b'),
    node: fc.constantFrom('one', 'two'),
    /** 0 to 5: a message that was tried before, so many ago; more: a new one. */
    again: fc.integer({ min: 0, max: 20 }),
    fails: fc.integer({ min: 0, max: 9 }).map((share) => share === 0),
  });

  const dateOf = (ms: number, zone: string) =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate();
  const isLater = (now: number, then: number, zone: string) =>
    Temporal.PlainDate.compare(dateOf(now, zone), dateOf(then, zone)) > 0;
  function naiveOver(caps: ScopedCap[], send: CountedSend, others: CountedSend[]) {
    const zone = send.zone ?? '';
    for (const { cap: one, source, node } of caps) {
      if (one.topic !== undefined && one.topic !== send.topic) continue;
      if (one.channel !== undefined && one.channel !== send.channel) continue;
      const many = others.filter((other) => {
        if (one.topic !== undefined && other.topic !== one.topic) return false;
        if (one.channel !== undefined && other.channel !== one.channel) return false;
        if (source !== undefined && other.source !== source) return false;
        if (node !== undefined && other.node !== node) return false;
        if ('within' in one) return other.at > send.at - durationMs(one.within);
        return !(isLater(send.at, other.at, zone) && isLater(send.at, other.at, other.zone ?? ''));
      }).length;
      if (many >= one.max) return 'per' in one ? 'daily-cap' : 'rolling-cap';
    }
    return undefined;
  }

  it('nothing exceeds a cap, nothing is refused for less, and each cap frees exactly when it says', () => {
    fc.assert(
      fc.property(
        fc.array(scoped, { minLength: 1, maxLength: 3 }),
        fc.array(act, { minLength: 1, maxLength: 40 }),
        (caps, acts) => {
          let now = at('2026-03-01T00:00Z');
          let zone = SHANGHAI as string;
          let sends: CountedSends = {};
          const all = new Map<string, CountedSend>();
          const tried: { id: string; asked: Omit<CountedSend, 'at' | 'zone'> }[] = [];
          for (const [index, { after, again, fails, ...more }] of acts.entries()) {
            now += after;
            zone = more.zone ?? zone;
            const { channel, topic, source, node } = more;
            const fresh = {
              id: `m${index}`,
              asked: { channel, source, node, ...(topic === undefined ? {} : { topic }) },
            };
            const { id, asked } = tried.at(-1 - again) ?? fresh;
            tried.push({ id, asked });
            const send: CountedSend = { at: now, zone, ...asked };
            const key = sendKeyOf(id);
            const { [key]: own, ...others } = sends;
            const over = exceededCap(caps, send, others, zone, now);
            const known = [...all].filter(([other]) => other !== id).map(([, one]) => one);
            expect(over).toBe(naiveOver(caps, send, known));
            for (const use of capUse(caps, others, zone, now)) {
              if (use.freesAt === undefined) continue;
              const [free] = capUse(
                caps.filter(({ cap: one }) => one === use.cap),
                others,
                zone,
                use.freesAt,
              );
              const [full] = capUse(
                caps.filter(({ cap: one }) => one === use.cap),
                others,
                zone,
                use.freesAt - 1,
              );
              expect([free?.freesAt, full?.freesAt]).toEqual([undefined, use.freesAt]);
            }
            if (over !== undefined || fails) {
              sends = others;
              all.delete(id);
            } else if (own === undefined || !countsAlike(own, send, caps)) {
              sends = withSend(others, key, send, durationMs('60d'));
              all.set(id, send);
            }
            sends = readStoredSends(storedSends(sends));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
