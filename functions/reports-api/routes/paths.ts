import * as z from 'zod';
import { ATTRIBUTED_BY, TOUCHES } from '../../../core/results/sql/attribution.ts';
import { MAX_PATHS, MAX_STEPS } from '../../../core/results/sql/paths.ts';
import { durationMs, durationUpTo } from '../../../core/time/duration.ts';
import { pathsReport } from '../../../engine/results/paths.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const money = () => z.object({ orders: z.number().int(), revenue: z.number() });

export const pathRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/paths',
    role: 'viewer',
    operationId: 'getPaths',
    summary: 'Get the paths by which customers came to their orders',
    description: `Lists which messages, one after the other, touched the customers of these days’ orders before: the ${MAX_PATHS} paths with the most orders. What touched them several times in a row is one step; of a longer path the newest ${MAX_STEPS} steps count. Orders and refunds are those of \`GET /v1/reports/attribution\`. With \`Accept: text/csv\`: the paths, then \`others\` and \`none\`.`,
    query: () =>
      z.object({
        ...SPAN,
        by: z.enum(ATTRIBUTED_BY).default('channel'),
        touch: z.enum(TOUCHES).default('clicked').describe('what makes a message a touch; by a person'),
        window: durationUpTo('90d').default('30d').describe('how long before the order'),
      }),
    response: () =>
      money().extend({
        from: z.string(),
        to: z.string(),
        currency: z.string(),
        items: z.array(
          money().extend({
            path: z
              .array(z.string().nullable())
              .describe('the newest last; null: the message has none, as one of a journey has no campaign'),
          }),
        ),
        others: money().describe('of all further paths'),
        none: money().describe('orders without a touch'),
      }),
    csv: ({ items, others, none }) =>
      itemsCsv(
        ['path', 'orders', 'revenue'],
        [
          ...items.map((item) => ({ ...item, path: item.path.map((step) => step ?? '').join(' > ') })),
          { path: 'others', ...others },
          { path: 'none', ...none },
        ],
      ),
    handle: async (deps, { query }) => {
      const settings = await reportSettings(deps);
      const { from, to } = daysOf(query, settings.timezone, deps.clock());
      const { by, touch, window } = query;
      const asked = { by, touch, windowMs: durationMs(window), from, to };
      return { body: { from, to, currency: settings.currency, ...(await pathsReport(deps, asked, settings)) } };
    },
  }),
];
