import * as z from 'zod';
import { constant } from '../evaluation.ts';
import type { Predicate } from './predicate.ts';

/** `{"coupon": "gift", "was": "redeemed"}`: the code that this run drew at that node. */
export interface CouponCondition {
  coupon: string;
  was: 'redeemed';
}

export const coupon: Predicate<CouponCondition> = {
  journeyOnly: true,
  schema: () =>
    z.strictObject({
      coupon: z.string().min(1, 'must be a node'),
      was: z.literal('redeemed', { error: 'must be "redeemed"' }),
    }),
  evaluate: (condition, context) => constant(context.run?.couponRedeemed(condition.coupon) ?? false),
  references: (condition) => ({ coupons: [condition.coupon] }),
};
