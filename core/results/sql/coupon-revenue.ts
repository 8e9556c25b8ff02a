import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { namedQuery } from './question.ts';

/** Orders with which codes of a pool were redeemed, and their revenue. */
export interface CouponRevenueQuestion {
  query: 'coupon-revenue';
  pool: string;
  from: EpochMs;
  currency: string;
}
export interface CouponRevenue {
  orders: number;
  /** Minor units, less what was given back. */
  revenue: number;
}

export const couponRevenue = namedQuery<CouponRevenueQuestion>({
  days: ({ from }) => ({ from: utcDay(from) }),
  statement: ({ pool, currency }) => ({
    sql: `WITH redeemed AS (
        SELECT DISTINCT order_key FROM facts AS f WHERE f."of" = 'order' AND f.metric = 'redeemed' AND f.detail = $1
      ), given_back AS (
        SELECT order_key, sum(-amount) AS amount FROM facts AS f
        WHERE f."of" = 'order' AND f.metric = 'refund' AND f.currency = $2 GROUP BY order_key
      )
      SELECT count(*) AS orders, coalesce(sum(greatest(0, f.amount - coalesce(b.amount, 0))), 0)::HUGEINT AS revenue
      FROM facts AS f JOIN redeemed USING (order_key) LEFT JOIN given_back AS b USING (order_key)
      WHERE f."of" = 'order' AND f.metric = 'order' AND f.currency = $2`,
    parameters: [pool, currency],
  }),
});
