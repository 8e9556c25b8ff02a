import { beforeAll, describe, expect, it } from 'vitest';
import {
  isHeldOut,
  isInSample,
  pilotRank,
  pilotThreshold,
  smallestRanks,
  variantOf,
} from '../../../core/campaigns/draws.ts';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { isInGlobalHoldout } from '../../../core/policies/holdout.ts';

const VARIANTS = [
  { name: 'a', weight: 50 },
  { name: 'b', weight: 30 },
  { name: 'c', weight: 20 },
  { name: 'off', weight: 0 },
];

/** χ² of a table of counts: how far rows and columns are from saying nothing of each other. */
function chiSquareOf(table: number[][]): number {
  const rows = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = (table[0] ?? []).map((_, index) => table.reduce((sum, row) => sum + (row[index] ?? 0), 0));
  const total = rows.reduce((sum, count) => sum + count, 0);
  return table.reduce(
    (sum, row, at) =>
      row.reduce((inner, count, index) => {
        const expected = ((rows[at] ?? 0) * (columns[index] ?? 0)) / total;
        return inner + (count - expected) ** 2 / expected;
      }, sum),
    0,
  );
}
/** χ² that is exceeded by chance once in 1,000 times, by degrees of freedom. */
const CRITICAL: Record<number, number> = { 1: 10.83, 2: 13.82, 4: 18.47, 9: 27.88, 18: 42.31 };

describe('the draws of 100,000 people', () => {
  const PEOPLE = 100_000;
  const draws: Record<string, number[]> = {};
  beforeAll(() => {
    const profiles = Array.from({ length: PEOPLE }, (_, index) => profileKeyOfUser(`person-${index}`));
    const variant = (campaign: string) =>
      profiles.map((profile) =>
        VARIANTS.findIndex(({ name }) => name === variantOf(campaign, profile, VARIANTS)?.name),
      );
    draws.variant = variant('spring');
    draws.otherVariant = variant('summer');
    draws.heldOut = profiles.map((profile) => Number(isHeldOut('spring', { profile }, 5)));
    draws.otherHeldOut = profiles.map((profile) => Number(isHeldOut('summer', { profile }, 5)));
    draws.control = profiles.map((profile) => Number(isInGlobalHoldout(profile, 0.1)));
    draws.sample = profiles.map((profile) => Number(isInSample('spring', profile, 20)));
    draws.tenth = profiles.map((profile) => Math.floor(pilotRank('spring', profile) * 10));
  });

  const tableOf = (one: string, other: string): number[][] => {
    const [first = [], second = []] = [draws[one], draws[other]];
    const pairs = new Map<string, number>();
    for (const [index, row] of first.entries()) {
      const pair = `${row} ${second[index]}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const values = (draws: number[]) => [...new Set(draws)];
    return values(first).map((row) => values(second).map((column) => pairs.get(`${row} ${column}`) ?? 0));
  };

  it('have the shares that were asked for', () => {
    const share = (name: string, value = 1) => (draws[name] ?? []).filter((drawn) => drawn === value).length / PEOPLE;
    expect(share('heldOut')).toBeCloseTo(0.05, 2);
    expect(share('control')).toBeCloseTo(0.1, 2);
    expect(share('sample')).toBeCloseTo(0.2, 2);
    expect([0, 1, 2, 3].map((index) => share('variant', index))).toEqual([
      expect.closeTo(0.5, 2),
      expect.closeTo(0.3, 2),
      expect.closeTo(0.2, 2),
      0,
    ]);
    expect([0, 5, 9].map((tenth) => share('tenth', tenth))).toEqual(Array(3).fill(expect.closeTo(0.1, 2)));
  });

  it.each([
    ['heldOut', 'variant'],
    ['heldOut', 'sample'],
    ['heldOut', 'tenth'],
    ['heldOut', 'control'],
    ['heldOut', 'otherHeldOut'],
    ['control', 'variant'],
    ['sample', 'variant'],
    ['sample', 'tenth'],
    ['variant', 'tenth'],
    ['variant', 'otherVariant'],
  ])('say by %s nothing of %s', (one, other) => {
    const table = tableOf(one, other);
    const freedom = (table.length - 1) * ((table[0]?.length ?? 0) - 1);
    expect(chiSquareOf(table)).toBeLessThan(CRITICAL[freedom] ?? 0);
  });
});

describe('a draw', () => {
  const profile = profileKeyOfUser('u1');

  it('is the same each time', () => {
    // As drawn since the first release: another value would move everybody between groups.
    expect(pilotRank('spring', profile)).toBe(0.3380930582641293);
    expect(variantOf('spring', profile, VARIANTS)).toEqual(VARIANTS[0]);
  });

  it('keeps everybody in a holdout that grows', () => {
    for (let index = 0; index < 500; index += 1) {
      const person = { profile: profileKeyOfUser(`p${index}`) };
      if (isHeldOut('spring', person, 5)) expect(isHeldOut('spring', person, 10)).toBe(true);
      expect(isHeldOut('spring', person, 0)).toBe(false);
      expect(isHeldOut('spring', person, 100)).toBe(true);
    }
  });

  it('by address is alike for all profiles with the address', () => {
    const held = (name: string, address: string) =>
      isHeldOut('spring', { profile: profileKeyOfUser(name), address }, 50);
    for (const address of ['a', 'b', 'c', 'd']) expect(held('u1', address)).toBe(held('u2', address));
  });

  it('of a variant without any weight is none', () => {
    expect(variantOf('spring', profile, [{ weight: 0 }])).toBeUndefined();
    expect(variantOf('spring', profile, [{ weight: 0 }, { weight: 1 }])).toEqual({ weight: 1 });
  });
});

describe('a pilot', () => {
  const ranks = Array.from({ length: 1_000 }, (_, index) => pilotRank('spring', profileKeyOfUser(`p${index}`)));

  it('is the smallest ranks of all parts of the audience, however they are merged', () => {
    const parts = [ranks.slice(0, 10), ranks.slice(10, 600), ranks.slice(600), []].map((part) =>
      smallestRanks([part], 100),
    );
    const pairwise = smallestRanks([smallestRanks(parts.slice(0, 2), 100), smallestRanks(parts.slice(2), 100)], 100);
    expect(pairwise).toEqual([...ranks].sort((a, b) => a - b).slice(0, 100));
    expect(smallestRanks(parts.toReversed(), 100)).toEqual(pairwise);
    const threshold = pilotThreshold(pairwise, 100);
    expect(ranks.filter((rank) => rank <= threshold)).toHaveLength(100);
  });

  it('is everybody where the audience is smaller, and nobody for 0', () => {
    const members = (size: number) => {
      const threshold = pilotThreshold(smallestRanks([ranks], size), size);
      return ranks.filter((rank) => rank <= threshold);
    };
    expect(members(1_000)).toHaveLength(1_000);
    expect(members(5_000)).toHaveLength(1_000);
    expect(members(0)).toHaveLength(0);
    expect(pilotThreshold([], 3)).toBe(1);
  });
});
