import * as z from 'zod';
import { iso } from '../../../core/time/instant.ts';
import { type Route, route } from '../route.ts';

const DaySchema = z.string().regex(/^\d{4}-\d{2}-\d{2}/, 'must be a date or an instant');
const CountsSchema = z.record(z.string(), z.number());
const YEAR_MS = 365 * 24 * 3600_000;

export const reportRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/reports/{scope}/{id}',
    role: 'viewer',
    summary: 'Counters of a journey, a channel or a template, by day (UTC)',
    query: z.object({ from: DaySchema.optional(), to: DaySchema.optional() }),
    response: z.object({
      from: z.string(),
      to: z.string(),
      totals: CountsSchema,
      days: z.array(z.object({ day: z.string(), counts: CountsSchema })),
    }),
    handle: async (deps, { params, query }) => {
      const now = deps.clock();
      const from = (query.from ?? iso(now - YEAR_MS)).slice(0, 10);
      const to = (query.to ?? iso(now)).slice(0, 10);
      const scope = params.scope.replace(/s$/, '');
      const days = await deps.metrics.read(`${scope}:${params.id}`, from, to);
      const totals: Record<string, number> = {};
      for (const { counts } of days)
        for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
      return { body: { from, to, totals, days } };
    },
  }),
];
