import { CouponPoolSchema } from '../../coupons/schema.ts';
import { durationMs } from '../../time/duration.ts';
import { type DefinitionKind, replaceById } from '../kind.ts';

export const couponPools: DefinitionKind<'coupon-pools'> = {
  kind: 'coupon-pools',
  schema: CouponPoolSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
  apply(rules, id, now) {
    const pool = now && {
      id,
      ...(now.definition.validFor === undefined ? {} : { validForMs: durationMs(now.definition.validFor) }),
      redeemedBy: now.definition.redeemedBy ?? [],
    };
    return { ...rules, pools: replaceById(rules.pools, id, pool) };
  },
};
