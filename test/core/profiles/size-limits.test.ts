import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../core/profiles/profile.ts';
import { mergeProfiles } from '../../../core/profiles/traits.ts';
import { folded, identify } from './builders.ts';

const named = (count: number, value: unknown, prefix = 't') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, value]));
const big = (letter: string) => letter.repeat(30_000);
const bytesOf = (profile: Profile) => Buffer.byteLength(JSON.stringify(profile));

describe('the room of a profile', () => {
  it('is 255 traits; what has none is listed', () => {
    const profile = folded([identify('m1', 100, named(253, 1)), identify('m2', 200, { more: 1, much: 1, t0: 2 })]);
    expect(profile.traits.more).toMatchObject({ value: 1 });
    expect(profile.traits.t0).toMatchObject({ value: 2 });
    expect(profile.traits).not.toHaveProperty('much');
    expect(profile.warnings).toEqual([{ code: 'trait-not-kept', about: 'much', at: 200 }]);
  });

  it('is not taken by traits that were removed', () => {
    const profile = folded([
      identify('m1', 100, named(254, 1)),
      identify('m2', 200, named(255, null)),
      identify('m3', 300, { email: 'ann@example.com', city: 'Rome' }),
    ]);
    expect(profile.addresses.email?.value).toBe('ann@example.com');
    expect(profile.traits.city).toMatchObject({ value: 'Rome' });
    expect(profile.warnings).toBeUndefined();
  });

  it('is 200 KB; addresses and places have room all the same', () => {
    const many = Array.from({ length: 18 }, (_, n) => identify(`m${n}`, 100 + n, { [`t${n}`]: big('a') }));
    const profile = folded([
      ...many,
      identify('m99', 500, { email: 'ann@example.com', phone: '13800138000', timezone: 'Europe/Rome' }),
    ]);
    expect(Object.keys(profile.traits).filter((name) => /^t\d/.test(name))).toHaveLength(6);
    expect(profile.addresses).toMatchObject({ email: { status: 'ok' }, sms: { value: '+8613800138000' } });
    expect(profile.timezone).toBe('Europe/Rome');
    expect(profile.warnings).toHaveLength(12);
    expect(bytesOf(profile)).toBeLessThan(250_000);
  });

  it('keeps the value that is there where a larger one has no room', () => {
    const profile = folded([
      ...Array.from({ length: 6 }, (_, n) => identify(`m${n}`, 100 + n, { [`t${n}`]: big('a') })),
      identify('m8', 200, { note: 'short' }),
      identify('m9', 300, { note: big('b') }),
    ]);
    expect(profile.traits.note).toMatchObject({ value: 'short' });
    expect(profile.warnings).toEqual([{ code: 'trait-not-kept', about: 'note', at: 300 }]);
  });

  it('remembers 255 removed traits and 20 warnings', () => {
    const removed = Array.from({ length: 10 }, (_, n) => identify(`m${n}`, 100 + n, named(50, null, `r${n}-`)));
    const refused = Array.from({ length: 30 }, (_, n) => identify(`w${n}`, 300 + n, { [`w${n}`]: 1 }));
    const profile = folded([...removed, identify('full', 200, named(254, 1)), ...refused]);
    expect(Object.values(profile.traits).filter(({ value }) => value === null)).toHaveLength(255);
    expect(profile.warnings?.map(({ about }) => about)).toEqual(Array.from({ length: 20 }, (_, n) => `w${29 - n}`));
  });

  it('bounds what a merge makes of two, and a repeated merge changes nothing', () => {
    const one = (letter: string) =>
      folded(
        Array.from({ length: 6 }, (_, n) => identify(`${letter}${n}`, 100 + n, { [`${letter}${n}`]: big(letter) })),
      );
    const merged = mergeProfiles(one('x'), one('y'));
    expect(Object.keys(merged.traits).filter((name) => name.startsWith('y'))).toHaveLength(6);
    expect(bytesOf(merged)).toBeLessThan(250_000);
    expect(merged.warnings?.length).toBeGreaterThan(0);
    expect(mergeProfiles(one('x'), merged)).toBe(merged);
  });

  it('is the same object where the same has no room again', () => {
    const full = folded([identify('m1', 100, named(254, 1)), identify('m2', 200, { more: 1 })]);
    expect(folded([identify('m3', 300, { more: 2 })], full)).toBe(full);
  });
});
