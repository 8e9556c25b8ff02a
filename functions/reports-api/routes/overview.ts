import * as z from 'zod';
import { AlertSchema } from '../../../core/alerts/alert.ts';
import { RowSchema } from '../../../core/results/row.ts';
import { iso } from '../../../core/time/instant.ts';
import { overview } from '../../../engine/results/overview.ts';
import { RUNNING_STATUSES, running } from '../../../engine/results/running.ts';
import { reportCsv } from '../report-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

/** Open alerts that are shown, among the newest ones. */
const MAX_ALERTS = 20;
const NEWEST_ALERTS = 100;

const RunningSchema = z.object({
  kind: z.enum(['journey', 'campaign']),
  id: z.string(),
  name: z.string(),
  owner: z.string().optional(),
  status: z.enum(RUNNING_STATUSES),
});

export const overviewRoute = route({
  method: 'GET',
  path: '/v1/reports/overview',
  role: 'viewer',
  operationId: 'getOverview',
  summary: 'Get the overview',
  description:
    'Everything that was sent and what it brought, in all, by day and by channel; what runs now; and alerts that nobody has acknowledged. An order that is the goal of two campaigns counts for each. With `Accept: text/csv`: the days.',
  query: () => z.object(SPAN),
  response: () =>
    z.object({
      from: z.string(),
      to: z.string(),
      timezone: z.string(),
      currency: z.string(),
      totals: RowSchema,
      days: z.array(RowSchema.unwrap().extend({ day: z.string() })),
      channels: z.array(RowSchema.unwrap().extend({ channel: z.string().nullable() })),
      running: z.array(RunningSchema),
      alerts: z.array(
        z.object({
          id: z.string(),
          at: z.string(),
          kind: AlertSchema.unwrap().shape.kind,
          scope: z.string(),
          scopeId: z.string().optional(),
          metric: z.string(),
          value: z.number(),
          threshold: z.number(),
          did: AlertSchema.unwrap().shape.did,
        }),
      ),
    }),
  csv: ({ totals, days }) => reportCsv({ totals, rows: days.map(({ day, ...row }) => ({ ...row, key: { day } })) }),
  handle: async (deps, { query }) => {
    const { timezone, currency } = await reportSettings(deps);
    const { from, to } = daysOf(query, timezone, deps.clock());
    const [counted, runs, { items }] = await Promise.all([
      overview(deps, { from, to }, { timezone, currency }),
      running(deps),
      deps.alerts.list({ limit: NEWEST_ALERTS }),
    ]);
    const alerts = items.filter(({ status }) => status === 'open').slice(0, MAX_ALERTS);
    return {
      body: {
        from,
        to,
        timezone,
        currency,
        ...counted,
        running: runs,
        alerts: alerts.map(({ id, at, kind, scope, scopeId, metric, value, threshold, did }) => ({
          id,
          at: iso(at),
          kind,
          scope,
          ...(scopeId === undefined ? {} : { scopeId }),
          metric,
          value,
          threshold,
          did,
        })),
      },
    };
  },
});
