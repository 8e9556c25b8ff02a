import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { INGESTION_COUNTERS } from '../../../core/metrics/ingestion-counters.ts';
import { dayCounts, hourCounts, INGESTION } from '../../../core/metrics/ingestion-hours.ts';
import { iso, parseInstant } from '../../../core/time/instant.ts';
import { DAY_MS, HOUR_MS } from '../../../core/time/units.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { sumOf } from '../../../engine/metrics/sum.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { DaySchema } from './days.ts';
import { route } from './route.ts';

const CountsSchema = lazySchema(() => z.record(z.string(), z.number()));
const YEAR_MS = 365 * DAY_MS;
/** The store reads at most 400 rows. */
const MAX_DAYS = 366;
const MAX_DAYS_BY_HOUR = 14;

interface Span {
  from?: string | undefined;
  to?: string | undefined;
}
/** Days, both inclusive; the default is the last year. */
function daysOf(query: Span, now: number): { from: string; to: string } {
  const from = (query.from ?? iso(now - YEAR_MS)).slice(0, 10);
  const to = (query.to ?? iso(now)).slice(0, 10);
  if (from > to) throw invalidAt('/query/from', 'must not be after `to`');
  if (Date.parse(to) - Date.parse(from) > MAX_DAYS * DAY_MS)
    throw invalidAt('/query/from', `must be at most ${MAX_DAYS} days before \`to\``);
  return { from, to };
}

/** Hours, both inclusive: `2026-11-02T09`. A date as `to` includes all its hours. */
function hoursOf(query: Span, now: number): { from: string; to: string } {
  const end = query.to === undefined ? now : startOf(query.to) + (query.to.length === 10 ? DAY_MS - 1 : 0);
  const start = query.from === undefined ? end - DAY_MS + HOUR_MS : startOf(query.from);
  if (start > end) throw invalidAt('/query/from', 'must not be after `to`');
  if (end - start > MAX_DAYS_BY_HOUR * DAY_MS)
    throw invalidAt('/query/from', `must be at most ${MAX_DAYS_BY_HOUR} days before \`to\` for a report by hour`);
  return { from: iso(start).slice(0, 13), to: iso(end).slice(0, 13) };
}

// `DaySchema` has checked it.
const startOf = (text: string): number => parseInstant(text) ?? Number.NaN;
const instantOf = (hour: string): string => `${hour}:00:00.000Z`;

const counterList = (): string => [...INGESTION_COUNTERS].map(([name, text]) => `\`${name}\` ${text}`).join('; ');

export const ingestionRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/ingestion',
    role: 'viewer',
    operationId: 'getIngestionReport',
    summary: 'Get the ingestion report',
    description: `What became of the items that clients sent, by day or hour (UTC) of their arrival. Counters: ${counterList()}.`,
    query: () =>
      z.object({
        from: DaySchema.optional(),
        to: DaySchema.optional(),
        by: z.enum(['day', 'hour']).optional().meta({
          description: 'Hours: of at most 14 days, by default of the last 24 hours. Days: of at most a year.',
        }),
      }),
    response: () =>
      z.object({
        from: z.string(),
        to: z.string(),
        totals: CountsSchema,
        days: z.array(z.object({ day: z.string(), counts: CountsSchema })).optional(),
        hours: z.array(z.object({ hour: z.string(), counts: CountsSchema })).optional(),
      }),
    handle: async (deps, { query }) => {
      const now = deps.clock();
      if (query.by !== 'hour') {
        const { from, to } = daysOf(query, now);
        const read = await deps.metrics.read(INGESTION, from, to);
        const days = read.map(({ day, counts }) => ({ day, counts: dayCounts(counts) }));
        return { body: { from, to, totals: sumOf(days), days } };
      }
      const { from, to } = hoursOf(query, now);
      const read = await deps.metrics.read(INGESTION, from.slice(0, 10), to.slice(0, 10));
      const hours = read
        .flatMap(({ day, counts }) => hourCounts(day, counts))
        .filter(({ hour }) => hour >= from && hour <= to)
        .map(({ hour, counts }) => ({ hour: instantOf(hour), counts }));
      return { body: { from: instantOf(from), to: instantOf(to), totals: sumOf(hours), hours } };
    },
  }),
];
