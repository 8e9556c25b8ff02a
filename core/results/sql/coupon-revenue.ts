import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { namedQuery } from './question.ts';

/** Orders with which codes of a pool were redeemed, and their revenue, by currency. */
export interface CouponRevenueQuestion {
  query: 'coupon-revenue';
  pool: string;
  from: EpochMs;
}
export interface CouponRevenue {
  currency: string;
  orders: number;
  /** Minor units, less what was given back. */
  revenue: number;
}

export const couponRevenue = namedQuery<CouponRevenueQuestion>({
  days: ({ from }) => ({ from: utcDay(from) }),
  statement: ({ pool }) => ({
    sql: `WITH redeemed AS (
        SELECT DISTINCT order_key FROM facts AS f WHERE f."of" = 'order' AND f.metric = 'redeemed' AND f.detail = $1
      ), given_back AS (
        SELECT order_key, currency, sum(-amount) AS amount FROM facts AS f
        WHERE f."of" = 'order' AND f.metric = 'refund' GROUP BY order_key, currency
      )
      SELECT f.currency, count(*) AS orders, sum(greatest(0, f.amount - coalesce(b.amount, 0)))::HUGEINT AS revenue
      FROM facts AS f JOIN redeemed USING (order_key) LEFT JOIN given_back AS b ON b.order_key = f.order_key AND b.currency = f.currency
      WHERE f."of" = 'order' AND f.metric = 'order' GROUP BY f.currency ORDER BY f.currency`,
    parameters: [pool],
  }),
});
