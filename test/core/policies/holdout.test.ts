import { expect, it } from 'vitest';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { isInGlobalHoldout } from '../../../core/policies/holdout.ts';

const people = Array.from({ length: 20_000 }, (_, index) => profileKeyOfUser(`u${index}`));

it('holds about its share, the same people each time, and all of a smaller one', () => {
  const held = (share: number) => people.filter((profile) => isInGlobalHoldout(profile, share));
  expect(held(0)).toEqual([]);
  for (const share of [0.01, 0.05, 0.15])
    expect(Math.abs(held(share).length / people.length - share)).toBeLessThan(0.008);
  const larger = new Set(held(0.15));
  expect(held(0.05).filter((profile) => !larger.has(profile))).toEqual([]);
  expect(held(0.05)).toEqual(held(0.05));
});

it('is a share from 0 to 0.15, and nobody by default', () => {
  const of = (holdout: object) => SettingsSchema.safeParse({ holdout });
  expect(SettingsSchema.parse({}).holdout).toEqual({ share: 0 });
  expect(of({ share: 0.15 }).success).toBe(true);
  for (const share of [-0.01, 0.1501, 1, '0.1'])
    expect(of({ share }).error?.issues[0]?.path).toEqual(['holdout', 'share']);
  expect(of({ share: 0.1, of: 'all' }).success).toBe(false);
});
