import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { foldTraits } from '../../../core/profiles/traits.ts';
import { ANN, CHINA, event, folded, identify, values } from './builders.ts';

const iso = (ms: number) => new Date(ms).toISOString();

describe('traits', () => {
  it('merge by top-level key: a nested object is replaced as a whole', () => {
    const first = identify('m1', 100, { plan: 'free', address: { city: 'Berlin', zip: '10115' } });
    expect(values(folded([first, identify('m2', 200, { address: { city: 'Rome' } })]))).toEqual({
      plan: 'free',
      address: { city: 'Rome' },
    });
  });

  it('an older event that comes late changes only what nothing newer has said', () => {
    const late = identify('m1', 100, { plan: 'free', size: 3 });
    const { traits } = folded([identify('m2', 200, { plan: 'pro' }), late]);
    expect(traits.plan).toMatchObject({ value: 'pro', ts: 200 });
    expect(traits.size).toMatchObject({ value: 3, ts: 100 });
  });

  it.each<[string, Partial<CairnEvent>, Partial<CairnEvent>]>([
    ['millisecond of arrival', { receivedAt: 900, index: 9 }, { receivedAt: 10_000 }],
    ['arrival within a millisecond', { sequence: 9, index: 9 }, { sequence: 10 }],
    ['index in its request', { index: 99 }, { index: 100 }],
  ])('of one timestamp the later %s wins, whichever is folded first', (_, earlier, later) => {
    for (const [first, second] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const [a, b] = [identify(first, 100, { plan: 'early' }), identify(second, 100, { plan: 'late' })];
      const both = [
        { ...a, ...earlier },
        { ...b, ...later },
      ];
      expect(values(folded(both))).toEqual({ plan: 'late' });
      expect(values(folded(both.toReversed()))).toEqual({ plan: 'late' });
    }
  });

  it('of two that differ only in their message ids, one wins whichever is folded first', () => {
    const both = [identify('m-a', 100, { plan: 'a' }), identify('m-b', 100, { plan: 'b' })];
    expect(values(folded(both))).toEqual(values(folded(both.toReversed())));
  });

  it('null removes, and an older value that comes late does not return', () => {
    const after = folded([identify('m2', 200, { plan: null }), identify('m1', 100, { plan: 'free' })]);
    expect(after.traits.plan).toMatchObject({ value: null, ts: 200 });
    expect(values(folded([identify('m3', 300, { plan: 'pro' })], after))).toEqual({ plan: 'pro' });
  });

  it('the same event again leaves the very same object', () => {
    const events = [
      identify('m1', 100, { email: 'ann@example.com', phone: '13800138000', country: 'CN', timezone: 'Asia/Tokyo' }),
      event('m2', 150, { groupId: 'acme' }),
      event('m3', 160, { context: { locale: 'zh-CN', device: { type: 'ios', token: 't' } } }),
    ];
    const once = folded(events);
    expect(folded(events, once)).toBe(once);
  });

  it.each(['constructor', 'toString', '__proto__'])('a trait may be called %s', (name) => {
    const traits = JSON.parse(`{"${name}": "x"}`) as Record<string, unknown>;
    const once = folded([identify('m1', 100, traits)]);
    expect(Object.entries(once.traits)).toContainEqual([name, { value: 'x', ts: 100, by: expect.any(String) }]);
    expect(Object.getPrototypeOf(once.traits)).toBe(Object.prototype);
  });

  it('are 255 at most: further names are dropped, known ones still change', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`t${at}`, at]));
    const full = folded([identify('m1', 100, many)]);
    expect(Object.keys(full.traits)).toHaveLength(255);
    const then = folded([identify('m2', 200, { t0: 'new', other: 1 })], full);
    expect(then.traits.t0?.value).toBe('new');
    expect(then.traits).not.toHaveProperty('other');
  });

  it('nobody is made of events that say not whose they are', () => {
    expect(foldTraits(undefined, undefined, [identify('m1', 100, { plan: 'pro' })], CHINA)).toBeUndefined();
  });

  it('internal events change nothing', () => {
    const before = folded([identify('m1', 100, { plan: 'pro' })]);
    expect(folded([event('@', 50, { name: '@tag-added', traits: { plan: 'x' } })], before)).toBe(before);
  });
});

describe('createdAt', () => {
  const createdAt = (...events: CairnEvent[]) => folded(events).traits.createdAt?.value;
  const seen = (id: string, at: number) => event(id, at, { type: 'track', name: 'Seen' });
  const given = identify('m-given', 150, { createdAt: '2020-01-01T00:00:00.000Z' });

  it('is the first event, also where that comes late', () => {
    expect(createdAt(seen('m1', 200), seen('m2', 300))).toBe(iso(200));
    expect(createdAt(seen('m1', 200), seen('m2', 100))).toBe(iso(100));
  });

  it.each([
    ['first', [given, seen('m1', 100), seen('m2', 200)]],
    ['between', [seen('m1', 100), given, seen('m2', 200)]],
    ['late', [seen('m2', 200), seen('m1', 160), given]],
  ])('is what somebody gave, which comes %s', (_, events) => {
    expect(createdAt(...events)).toBe('2020-01-01T00:00:00.000Z');
  });

  it('of two that were given is the newer', () => {
    const newer = identify('m2', 300, { createdAt: '2021-01-01T00:00:00.000Z' });
    expect(createdAt(newer, given)).toBe('2021-01-01T00:00:00.000Z');
    expect(createdAt(given, newer)).toBe('2021-01-01T00:00:00.000Z');
  });

  it('is not the instant of what Cairn did', () => {
    expect(createdAt(event('m1', 100, { type: 'track', name: 'Message Sent', key: 'cairn' }))).toBeUndefined();
  });
});

describe('groups', () => {
  const group = (id: string, at: number, groupId: string, properties = {}) =>
    event(id, at, { type: 'group', groupId, properties });
  const said = (...events: CairnEvent[]) =>
    Object.entries(folded(events).groups ?? {}).map(([id, entries]) => [
      id,
      Object.entries(entries).map(([name, { value }]) => [name, value]),
    ]);

  it('are kept with what was said of them, name by name the newest', () => {
    const events = [
      group('m1', 200, 'acme', { plan: 'pro', size: 3 }),
      group('m2', 100, 'acme', { plan: 'free', town: 'Rome' }),
      group('m3', 300, 'constructor'),
    ];
    expect(said(...events)).toEqual([
      [
        'acme',
        [
          ['plan', 'pro'],
          ['size', 3],
          ['town', 'Rome'],
        ],
      ],
      ['constructor', []],
    ]);
  });

  it('are 100 at most', () => {
    expect(said(...Array.from({ length: 110 }, (_, at) => group(`m${at}`, at, `g${at}`)))).toHaveLength(100);
  });
});

describe('in any order', () => {
  const traits = fc.record(
    {
      plan: fc.constantFrom('free', 'pro', null),
      email: fc.constantFrom('ann@example.com', 'ann@example.org', null),
      phone: fc.constantFrom('13800138000', '4155552671', '+447911123456', null),
      country: fc.constantFrom('CN', 'US', 'nowhere', null),
      timezone: fc.constantFrom('Asia/Tokyo', 'Europe/Rome'),
      createdAt: fc.constantFrom('2020-01-01', '2021-01-01'),
    },
    { requiredKeys: [] },
  );
  const events = fc
    .array(fc.record({ at: fc.integer({ min: 1, max: 5 }), traits }), { minLength: 2, maxLength: 6 })
    .map((drawn) => drawn.map((one, at) => identify(`m${at}`, one.at, one.traits)));

  it('the same events make the same profile', () => {
    const shuffled = events.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([there, here]) => {
        expect(folded(here)).toEqual(folded(there));
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it('in one batch or one by one', () => {
    fc.assert(
      fc.property(events, (list) => {
        const apart = list.reduce<ReturnType<typeof folded> | undefined>((held, one) => folded([one], held), undefined);
        expect(apart).toEqual(foldTraits(undefined, ANN, list, CHINA));
      }),
      { seed: 12 },
    );
  });
});
