import * as z from 'zod';
import { iso, parseInstant } from '../../../core/time/instant.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { JourneyReportSchema, journeyReport } from '../../../engine/metrics/journey-report.ts';
import { sumOf } from '../../../engine/metrics/sum.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const DaySchema = z
  .string()
  .max(40)
  .refine((text) => parseInstant(text) !== undefined, 'must be a date or an instant')
  .meta({ format: 'date' });
/** Scopes of counters; `journeys` is accepted for `journey`. */
const SCOPES = ['journey', 'channel', 'template'];
const CountsSchema = z.record(z.string(), z.number());
const YEAR_MS = 365 * 24 * 3600_000;

interface Span {
  from?: string | undefined;
  to?: string | undefined;
}
/** Days, both inclusive; the default is the last year. */
function daysOf(query: Span, now: number): { from: string; to: string } {
  const from = (query.from ?? iso(now - YEAR_MS)).slice(0, 10);
  const to = (query.to ?? iso(now)).slice(0, 10);
  if (from > to) throw invalidAt('/query/from', 'must not be after `to`');
  return { from, to };
}

export const reportRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/ingestion',
    role: 'viewer',
    operationId: 'getIngestionReport',
    summary: 'Get the ingestion report',
    description: 'What was accepted and could not be kept, or was dropped, by day (UTC).',
    query: z.object({ from: DaySchema.optional(), to: DaySchema.optional() }),
    response: z.object({
      from: z.string(),
      to: z.string(),
      totals: CountsSchema,
      days: z.array(z.object({ day: z.string(), counts: CountsSchema })),
    }),
    handle: async (deps, { query }) => {
      const { from, to } = daysOf(query, deps.clock());
      const read = await Promise.all(['ingestion', 'profiles'].map((scope) => deps.metrics.read(scope, from, to)));
      const byDay = Map.groupBy(read.flat(), ({ day }) => day);
      const days = [...byDay].map(([day, parts]) => ({ day, counts: sumOf(parts) }));
      days.sort((a, b) => (a.day < b.day ? -1 : 1));
      return { body: { from, to, totals: sumOf(days), days } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/reports/{scope}/{id}',
    role: 'viewer',
    operationId: 'getReport',
    summary: 'Get the report of a journey, channel or template',
    description: 'Counters by day (UTC); for a journey also its funnel by node.',
    query: z.object({ from: DaySchema.optional(), to: DaySchema.optional() }),
    response: z
      .object({
        from: z.string(),
        to: z.string(),
        totals: CountsSchema,
        days: z.array(z.object({ day: z.string(), counts: CountsSchema })),
      })
      .extend(JourneyReportSchema.partial().shape),
    handle: async (deps, { params, query }) => {
      const scope = SCOPES.find((one) => one === params.scope.replace(/s$/, ''));
      if (scope === undefined)
        throw new DomainError({ code: 'not-found', detail: `There are no reports of ${params.scope}.` });
      const { from, to } = daysOf(query, deps.clock());
      const days = await deps.metrics.read(`${scope}:${params.id}`, from, to);
      const totals = sumOf(days);
      const funnel = scope === 'journey' ? await journeyReport(deps, params.id, totals, { from, to }) : {};
      return { body: { from, to, totals, days, ...funnel } };
    },
  }),
];
