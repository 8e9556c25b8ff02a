import * as z from 'zod';
import { majorUnitsOf } from '../../../core/results/minor-units.ts';
import type { Answer } from '../../../core/results/sql/answers.ts';
import type { CouponRevenue } from '../../../core/results/sql/coupon-revenue.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { invalidAt } from '../../../engine/errors.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './reports.ts';
import { route } from './route.ts';

/** Different answers that are listed at most. */
const MAX_ANSWERS = 1_000;

const getAnswers = route({
  method: 'GET',
  path: '/v1/reports/answers',
  role: 'viewer',
  operationId: 'getAnswers',
  summary: 'Get how the answers of a survey are distributed',
  description: `Answers are kept of the events and properties that \`settings.surveys\` names, from then on. The ${MAX_ANSWERS} most frequent.`,
  query: () => z.object({ event: z.string().min(1).max(255), of: z.string().min(1).max(255), ...SPAN }),
  response: () => z.object({ items: z.array(z.object({ value: z.string(), count: z.number().int() })) }),
  csv: ({ items }) => itemsCsv(['value', 'count'], items),
  handle: async (deps, { query }) => {
    const { timezone, surveys } = (await deps.catalog.snapshot()).snapshot.settings;
    const named = surveys.filter(({ event }) => event === query.event);
    if (named.length === 0) throw invalidAt('/query/event', `settings.surveys does not name ${query.event}`);
    if (!named.some(({ of }) => of.includes(query.of)))
      throw invalidAt('/query/of', `settings.surveys does not name ${query.of} of ${query.event}`);
    const { from, to } = daysOf(query, timezone, deps.clock());
    const items = await deps.facts.ask<Answer>({
      query: 'answers',
      event: query.event,
      property: query.of,
      ...spanOfDates(from, to, timezone),
      limit: MAX_ANSWERS,
    });
    return { body: { items } };
  },
});

const YEAR_MS = 365 * 24 * 3_600_000;

const getCouponReport = route({
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
    }),
  handle: async (deps, { params: { pool } }) => {
    await requireHead(deps, 'coupon-pools', pool);
    const now = deps.clock();
    const { currency } = await reportSettings(deps);
    const [{ drawn, redeemed, expired }, [found]] = await Promise.all([
      deps.coupons.counts(pool, now),
      deps.facts.ask<CouponRevenue>({ query: 'coupon-revenue', pool, from: now - YEAR_MS, currency }),
    ]);
    const { orders, revenue } = found ?? { orders: 0, revenue: 0 };
    const rate = drawn === 0 ? 0 : redeemed / drawn;
    return { body: { drawn, redeemed, expired, rate, orders, revenue: majorUnitsOf(revenue, currency), currency } };
  },
});

export const answerRoutes: Route<Deps>[] = [getAnswers, getCouponReport];
