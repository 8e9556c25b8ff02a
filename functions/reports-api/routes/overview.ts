import * as z from 'zod';
import { AlertSchema } from '../../../core/alerts/alert.ts';
import { pauseIn } from '../../../core/catalog/pauses.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { RowSchema } from '../../../core/results/row.ts';
import { iso } from '../../../core/time/instant.ts';
import { overview } from '../../../engine/results/overview.ts';
import type { Deps } from '../dependencies.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

/** Most campaigns whose occurrences are looked at, and open alerts that are shown. */
const MAX_CAMPAIGNS = 200;
const MAX_ALERTS = 20;
const LOOKED_AT = 100;
const CONCURRENCY = 8;
const STATUSES = ['running', 'paused', 'resting', 'scheduled'] as const;

const RunningSchema = z.object({
  kind: z.enum(['journey', 'campaign']),
  id: z.string(),
  name: z.string(),
  owner: z.string().optional(),
  status: z.enum(STATUSES),
});
type Running = z.infer<typeof RunningSchema>;

/** Published journeys, and campaigns that send now or are going to. */
async function running({ catalog, campaignStatus }: Pick<Deps, 'catalog' | 'campaignStatus'>): Promise<Running[]> {
  const { snapshot, pointer } = await catalog.snapshot();
  const named = ({ name, owner }: { name: string; owner?: string | undefined }) => ({
    name,
    ...(owner === undefined ? {} : { owner }),
  });
  const journeys = snapshot.journeys.map(
    ({ id, definition }): Running => ({
      kind: 'journey',
      id,
      ...named(definition),
      status: pauseIn(pointer, { journey: id }) === undefined ? 'running' : 'paused',
    }),
  );
  const live = (snapshot.campaigns ?? []).slice(0, MAX_CAMPAIGNS);
  const campaigns = await mapWithConcurrency(CONCURRENCY, live, async ({ id, definition }): Promise<Running[]> => {
    const stands = pauseIn(pointer, { campaign: id }) === undefined ? await campaignStatus(id) : 'paused';
    const status = STATUSES.find((one) => one === stands);
    return status === undefined ? [] : [{ kind: 'campaign', id, ...named(definition), status }];
  });
  return [...campaigns.flat(), ...journeys];
}

export const overviewRoute = route({
  method: 'GET',
  path: '/v1/reports/overview',
  role: 'viewer',
  operationId: 'getOverview',
  summary: 'Get the overview',
  description:
    'Everything that was sent and what it brought, in all, by day and by channel; what runs now; and alerts that nobody has acknowledged. An order that is the goal of two campaigns counts for each.',
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
  handle: async (deps, { query }) => {
    const { timezone, currency } = await reportSettings(deps);
    const { from, to } = daysOf(query, timezone, deps.clock());
    const campaigns = ((await deps.catalog.snapshot()).snapshot.campaigns ?? []).slice(0, MAX_CAMPAIGNS);
    const [counted, runs, { items }] = await Promise.all([
      overview(deps, { from, to, campaigns: campaigns.map(({ id }) => id) }, { timezone, currency }),
      running(deps),
      deps.alerts.list({ limit: LOOKED_AT }),
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
