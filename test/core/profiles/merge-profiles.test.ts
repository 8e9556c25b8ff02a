import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../core/profiles/profile.ts';
import { mergeProfiles } from '../../../core/profiles/traits.ts';
import { CHINA, event, folded, identify, profile, values } from './builders.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const seen = (id: string, at: number, context?: Record<string, unknown>) =>
  event(id, at, { type: 'track', name: 'Seen', ...(context ? { context } : {}) });
/** Merges the anonymous visitor's events into the user's profile. */
const merged = (from: Parameters<typeof folded>[0], into: Parameters<typeof folded>[0]): Profile =>
  mergeProfiles({ ...folded(from), identity: { kind: 'anonymous', id: 'a-1' } }, folded(into));

describe('a profile merged into another', () => {
  it('leaves the newer of each trait, and the identity of the survivor', () => {
    const both = merged(
      [identify('m1', 100, { plan: 'free', size: 3 }), identify('m3', 300, { city: 'Rome' })],
      [identify('m2', 200, { plan: 'pro', city: 'Berlin' })],
    );
    expect(values(both)).toEqual({ plan: 'pro', size: 3, city: 'Rome' });
    expect(both.identity).toEqual({ kind: 'user', id: 'ann' });
  });

  it('that nobody knew takes its place, under its own identity', () => {
    const from = { ...folded([identify('m1', 100, { plan: 'free' })]), pv: 7 };
    expect(mergeProfiles(from, undefined)).toEqual({ ...from, pv: 0 });
  });

  it('that adds nothing leaves the very same object', () => {
    const into = folded([identify('m2', 200, { plan: 'pro' }), seen('m1', 50)]);
    expect(mergeProfiles(folded([identify('m1', 100, { plan: 'free' })]), into)).toBe(into);
    expect(mergeProfiles(into, into)).toBe(into);
  });

  it('does not bring back what was removed later', () => {
    const both = merged([identify('m1', 100, { email: 'ann@example.com' })], [identify('m2', 200, { email: null })]);
    expect(both.traits.email?.value).toBeNull();
    expect(both.addresses.email).toBeUndefined();
  });

  it('makes the same traits and addresses as if all events had been of one profile', () => {
    const traits = fc.record(
      {
        email: fc.constantFrom('ann@example.com', 'ann@example.org', null),
        phone: fc.constantFrom('13800138000', '13900139000', null),
        createdAt: fc.constantFrom('2020-01-01', '2021-01-01'),
      },
      { requiredKeys: [] },
    );
    const events = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), traits), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(events, events, (there, here) => {
        const from = there.map(([at, one], index) => identify(`a${index}`, at, one));
        const into = here.map(([at, one], index) => identify(`b${index}`, at, one));
        const { traits: apart, addresses } = merged(from, into);
        const together = folded([...from, ...into], undefined, CHINA);
        expect({ traits: apart, addresses }).toEqual({ traits: together.traits, addresses: together.addresses });
      }),
      { seed: 21, numRuns: 300 },
    );
  });
});

describe('createdAt of two', () => {
  const given = identify('m2', 200, { createdAt: '2020-01-01T00:00:00.000Z' });
  it('is the first event of both', () => {
    expect(merged([seen('m1', 100)], [seen('m2', 200)]).traits.createdAt?.value).toBe(iso(100));
    expect(merged([seen('m3', 300)], [seen('m2', 200)]).traits.createdAt?.value).toBe(iso(200));
  });
  it('is what somebody gave, though the other was seen earlier', () => {
    expect(merged([seen('m1', 100)], [given]).traits.createdAt?.value).toBe('2020-01-01T00:00:00.000Z');
    expect(merged([given], [seen('m1', 100)]).traits.createdAt?.value).toBe('2020-01-01T00:00:00.000Z');
  });
});

describe('addresses of two', () => {
  it('go with their traits: the newer is written to', () => {
    const both = merged(
      [identify('m2', 200, { email: 'new@example.com', phone: '13900139000' })],
      [identify('m1', 100, { email: 'old@example.com', phone: '13800138000' })],
    );
    expect(both.addresses).toEqual({
      email: { value: 'new@example.com', status: 'ok' },
      sms: { value: '+8613900139000', status: 'ok' },
    });
  });

  it.each([
    ['the survivor', 'ok', 'suppressed'],
    ['the other', 'suppressed', 'ok'],
  ] as const)('one that both have stays marked, not by %s alone', (_, into, from) => {
    const having = (status: 'ok' | 'suppressed') =>
      profile({ addresses: { email: { value: 'ann@example.com', status } } });
    expect(mergeProfiles(having(from), having(into)).addresses.email?.status).toBe('suppressed');
  });

  it('the devices of both are one list, newest first', () => {
    const device = (id: string, at: number) => seen(id, at, { device: { type: 'ios', token: id } });
    const both = merged([device('a', 100), device('c', 300)], [device('b', 200)]);
    expect(both.addresses.push?.map(({ value }) => value)).toEqual(['c', 'b', 'a']);
  });
});

describe('timezone, locale and groups of two', () => {
  it("are the survivor's where it has them", () => {
    const both = merged(
      [seen('m2', 200, { timezone: 'Asia/Tokyo', locale: 'ja-JP' })],
      [seen('m1', 100, { timezone: 'Europe/Rome' })],
    );
    expect(both).toMatchObject({ timezone: 'Europe/Rome', locale: 'ja-JP' });
  });

  it('go with the newer trait', () => {
    const both = merged(
      [identify('m2', 200, { timezone: 'Asia/Tokyo' })],
      [identify('m1', 100, { timezone: 'Europe/Rome' })],
    );
    expect(both.timezone).toBe('Asia/Tokyo');
  });

  it('groups of both are kept', () => {
    const group = (id: string, at: number, groupId: string, plan: string) =>
      event(id, at, { type: 'group', groupId, properties: { plan } });
    const { groups } = merged(
      [group('m1', 100, 'acme', 'free'), group('m3', 300, 'both', 'new')],
      [group('m2', 200, 'globex', 'pro'), group('m4', 200, 'both', 'old')],
    );
    expect(Object.entries(groups ?? {}).map(([id, { plan }]) => [id, plan?.value])).toEqual([
      ['globex', 'pro'],
      ['both', 'new'],
      ['acme', 'free'],
    ]);
  });
});
