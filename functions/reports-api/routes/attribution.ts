import * as z from 'zod';
import { ATTRIBUTION_MODELS } from '../../../core/results/credits.ts';
import { ATTRIBUTED_BY, OTHERS, TOUCHES } from '../../../core/results/sql/attribution.ts';
import { durationMs, durationUpTo } from '../../../core/time/duration.ts';
import { attributionReport } from '../../../engine/results/attribution.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const COLUMNS = ['key', 'orders', 'revenue', 'cost', 'roi', 'cac'];
const MoneySchema = z.object({ orders: z.number(), revenue: z.number() });

export const attributionRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/attribution',
    role: 'viewer',
    operationId: 'getAttribution',
    summary: 'Get which messages brought the orders',
    description:
      'Divides each order of these days, less what was given back until 90 days after the last of them, among the messages that touched its customer before. Rows and `none` together have all orders, and exactly their revenue. With `Accept: text/csv`: the rows, and `none` under the key `none`.',
    query: () =>
      z.object({
        ...SPAN,
        model: z.enum(ATTRIBUTION_MODELS).default('last').describe('`decay`: a touch 7 days older weighs half as much'),
        by: z.enum(ATTRIBUTED_BY).default('channel'),
        touch: z.enum(TOUCHES).default('clicked').describe('what makes a message a touch; by a person'),
        window: durationUpTo('90d').default('30d').describe('how long before the order'),
      }),
    response: () =>
      z.object({
        model: z.enum(ATTRIBUTION_MODELS),
        from: z.string(),
        to: z.string(),
        currency: z.string(),
        orders: z.number().int(),
        revenue: z.number(),
        rows: z.array(
          MoneySchema.extend({
            key: z
              .string()
              .nullable()
              .describe(
                `null: the message has none, as one of a journey has no campaign; \`${OTHERS}\`: all further keys`,
              ),
            cost: z.number().describe('of what was sent on these days, and spent outside'),
            roi: z.number().optional().describe('(revenue − cost) / cost'),
            cac: z.number().optional().describe('cost / orders'),
          }),
        ),
        none: MoneySchema.describe('orders without a touch'),
        withoutAmount: z.number().int().optional().describe('orders whose amount could not be read: they count as 0'),
        otherCurrencies: z.record(z.string(), MoneySchema).optional().describe('orders that are not in the rows'),
      }),
    csv: ({ rows, none }) => itemsCsv(COLUMNS, [...rows, { key: 'none', ...none }]),
    handle: async (deps, { query }) => {
      const settings = await reportSettings(deps);
      const { from, to } = daysOf(query, settings.timezone, deps.clock());
      const { model, by, touch, window } = query;
      const asked = { model, by, touch, windowMs: durationMs(window), from, to };
      return {
        body: { model, from, to, currency: settings.currency, ...(await attributionReport(deps, asked, settings)) },
      };
    },
  }),
];
