import type * as z from 'zod';
import { alertList } from '../../adapters/dynamo/alerts.ts';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { cellStore } from '../../adapters/dynamo/cells.ts';
import { costStore } from '../../adapters/dynamo/costs.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { dynamo } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { campaignStatus } from '../../runtime/wiring/campaign-status.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps &
  Pick<Parts, 'alerts' | 'campaignStatus' | 'catalog' | 'cells' | 'costs' | 'definitions' | 'facts' | 'metrics'>;

export function reportsApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const table = env.CATALOG_TABLE;
  const catalog = catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 });
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    alerts: alertList(tables, table),
    catalog,
    campaignStatus: campaignStatus(tables, table, catalog),
    cells: cellStore(tables, env.METRICS_TABLE),
    costs: costStore(tables, table),
    definitions: definitionStore(tables, table),
    facts: { ask: async () => [] },
    metrics: metricsStore(tables, env.METRICS_TABLE),
  };
}
