import * as z from 'zod';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { REPORT_SCOPES } from '../../../core/metrics/cells.ts';
import { type Dimension, readDimensions } from '../../../core/results/dimensions.ts';
import { RowSchema } from '../../../core/results/row.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { JourneyReportSchema, journeyFunnel } from '../../../engine/metrics/journey-report.ts';
import { report } from '../../../engine/results/report.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { reportCsv } from '../report-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

/** Nulls: the facts of such a row have none, as what was refused before a channel was chosen. */
const KeySchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const MAX_BY = 600;

/** @throws DomainError if it is not one or two known dimensions */
function dimensionsOf(by: string | undefined, traits: readonly string[]): Dimension[] {
  if (by === undefined) return [];
  const read = readDimensions(by, traits);
  if ('fault' in read) throw invalidAt('/query/by', read.fault);
  return read.dimensions;
}

const getReport = route({
  method: 'GET',
  path: '/v1/reports/{scope}/{id}',
  role: 'viewer',
  operationId: 'getReport',
  summary: 'Get the report of a campaign, journey, channel or template',
  description:
    'Reports what was sent and what it brought, with `by` also divided. Each figure belongs to the day on which its message was sent, however late it comes. A journey’s report also has its funnel. With `Accept: text/csv`: the rows, or without `by` the totals.',
  query: () =>
    z.object({
      ...SPAN,
      by: z
        .string()
        .min(1)
        .max(MAX_BY)
        .optional()
        .describe(
          'one or two, comma separated, of day, hour, weekday, channel, template, variant, node, version, occurrence, `tag:<id>`, `segment:<id>`, `trait:<name>`',
        ),
      occurrence: z.string().min(1).max(64).optional().describe('only that sending of a campaign'),
      version: z.coerce.number().int().min(1).optional().describe('only that version of a journey or campaign'),
    }),
  response: () =>
    z
      .object({
        scope: z.enum(REPORT_SCOPES),
        id: z.string(),
        from: z.string(),
        to: z.string(),
        timezone: z.string(),
        currency: z.string(),
        totals: RowSchema,
        rows: z.array(RowSchema.unwrap().extend({ key: KeySchema })),
        revisedAt: z.string().optional().describe('when a late fact last corrected a day of the report'),
      })
      .extend(JourneyReportSchema.unwrap().partial().shape),
  csv: reportCsv,
  handle: async (deps, { params, query }) => {
    const scope = REPORT_SCOPES.find((one) => one === params.scope.replace(/s$/, ''));
    if (scope === undefined || (scope === 'channel' && !CHANNELS.some((channel) => channel === params.id)))
      throw new DomainError({ code: 'not-found', detail: `There are no reports of ${params.scope}/${params.id}.` });
    const { reportTraits, ...settings } = await reportSettings(deps);
    const { by, from: _from, to: _to, ...only } = query;
    const { asked, from, to, earliest } = daysOf(query, settings.timezone, deps.clock());
    const days = { from: scope === 'campaign' ? asked : from, earliest, to };
    const dimensions = dimensionsOf(by, reportTraits);
    const found = await report(deps, { scope, id: params.id, ...days, by: dimensions, ...only }, settings);
    const funnel =
      scope === 'journey' ? await journeyFunnel(deps, params.id, { ...found, version: query.version }) : {};
    return { body: { ...found, ...funnel } };
  },
});

export const reportRoutes: Route<Deps>[] = [getReport];
