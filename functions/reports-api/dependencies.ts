import type * as z from 'zod';
import { alertList } from '../../adapters/dynamo/alerts.ts';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { cellStore } from '../../adapters/dynamo/cells.ts';
import { costStore } from '../../adapters/dynamo/costs.ts';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { reportSubscriptions } from '../../adapters/dynamo/report-subscriptions.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { factQueries } from '../../adapters/lambda/fact-queries.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { dynamo, lambda, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { campaignStatus } from '../../runtime/wiring/campaign-status.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps &
  Pick<
    Parts,
    | 'alerts'
    | 'campaignStatus'
    | 'catalog'
    | 'cells'
    | 'costs'
    | 'coupons'
    | 'definitions'
    | 'facts'
    | 'jobs'
    | 'metrics'
    | 'occurrences'
    | 'profiles'
    | 'subscriptions'
    | 'sendsMails'
    | 'wakes'
  > & { queues: Pick<Parts['queues'], 'jobs'> };

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
    coupons: couponStore(tables, table),
    facts: factQueries(lambda(), env.QUERY_FACTS_FUNCTION_NAME),
    jobs: jobStore(tables, table),
    queues: { jobs: queue(sqs(), env.JOBS_QUEUE_URL) },
    occurrences: occurrenceStore(tables, table),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    metrics: metricsStore(tables, env.METRICS_TABLE),
    subscriptions: reportSubscriptions(tables, table),
    wakes: wakeStore(tables, table),
    sendsMails: env.REPORT_MAILS === 'yes',
  };
}
