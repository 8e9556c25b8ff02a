import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { campaignPlanner } from '../../adapters/lambda/campaign-planner.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { tallyOf } from '../../engine/campaigns/tally.ts';
import type { CampaignLifecycleDeps } from '../../engine/definitions/deps.ts';
import { dynamo, lambda, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { bulkDepth } from '../../runtime/wiring/bulk-depth.ts';
import { campaignStatus } from '../../runtime/wiring/campaign-status.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps & CampaignLifecycleDeps & Pick<Parts, 'catalog' | 'tally' | 'depth' | 'profiles'>;

export function campaignsApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const [tables, queues] = [dynamo(), sqs()];
  const table = env.CATALOG_TABLE;
  const catalog = catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 });
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    planCampaign: campaignPlanner(lambda(), env.PLAN_CAMPAIGN_FUNCTION_NAME),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog,
    campaignStatus: campaignStatus(tables, table, catalog),
    eventNames: eventNames(tables, table),
    jobs: jobStore(tables, table),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    occurrences: occurrenceStore(tables, table),
    wakes: wakeStore(tables, table),
    tally: tallyOf(metricsStore(tables, env.METRICS_TABLE), systemClock, catalog),
    depth: bulkDepth(queues, env),
    queues: { jobs: queue(queues, env.JOBS_QUEUE_URL), campaigns: queue(queues, env.CAMPAIGNS_QUEUE_URL) },
  };
}
