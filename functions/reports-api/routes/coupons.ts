import * as z from 'zod';
import { majorUnitsOf } from '../../../core/results/minor-units.ts';
import type { CouponRevenue } from '../../../core/results/sql/coupon-revenue.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

export const couponRoute = route({
  method: 'GET',
  path: '/v1/reports/coupons/{pool}',
  role: 'viewer',
  operationId: 'getCouponReport',
  summary: 'Get what became of a pool’s coupons',
  description:
    '`revenue` is that of the orders of the last year with which codes were redeemed: the redeeming event is an order, or names one by `order_id`.',
  response: () =>
    z.object({
      drawn: z.number().int(),
      redeemed: z.number().int(),
      expired: z.number().int(),
      rate: z.number().describe('redeemed / drawn'),
      orders: z.number().int(),
      revenue: z.number(),
      currency: z.string(),
      otherCurrencies: z
        .record(z.string(), z.object({ orders: z.number().int(), revenue: z.number() }))
        .optional()
        .describe('orders in other currencies, by currency'),
    }),
  handle: async (deps, { params: { pool } }) => {
    await requireHead(deps, 'coupon-pools', pool);
    const now = deps.clock();
    const { currency } = await reportSettings(deps);
    const [{ drawn, redeemed, expired }, found] = await Promise.all([
      deps.coupons.counts(pool, now),
      deps.facts.ask<CouponRevenue>({ query: 'coupon-revenue', pool, from: now - YEAR_MS }),
    ]);
    const rate = drawn === 0 ? 0 : redeemed / drawn;
    return { body: { drawn, redeemed, expired, rate, ...moneyOf(found, currency) } };
  },
});

function moneyOf(found: readonly CouponRevenue[], currency: string) {
  const shown = ({ orders, revenue, currency: own }: CouponRevenue) => ({
    orders,
    revenue: majorUnitsOf(revenue, own),
  });
  const ours = found.find((row) => row.currency === currency);
  const others = found.filter((row) => row !== ours);
  return {
    ...(ours === undefined ? { orders: 0, revenue: 0 } : shown(ours)),
    currency,
    ...(others.length === 0
      ? {}
      : { otherCurrencies: Object.fromEntries(others.map((row) => [row.currency, shown(row)])) }),
  };
}
