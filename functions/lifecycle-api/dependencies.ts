import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { campaignPlanner } from '../../adapters/lambda/campaign-planner.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { machines } from '../../adapters/stepfunctions/machines.ts';
import { tallyOf } from '../../engine/campaigns/tally.ts';
import type { TestDeps } from '../../engine/definitions/test-journey.ts';
import { dynamo, lambda, sfn, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { bulkDepth } from '../../runtime/wiring/bulk-depth.ts';
import { campaignStatus } from '../../runtime/wiring/campaign-status.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps & TestDeps & Pick<Parts, 'tally' | 'depth'>;

export function lifecycleDeps(env: z.infer<typeof EnvSchema>): Deps {
  const [tables, queues] = [dynamo(), sqs()];
  const table = env.CATALOG_TABLE;
  const catalog = catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 });
  return {
    ...httpDeps(tables, env),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog,
    campaignStatus: campaignStatus(tables, table, catalog),
    tally: tallyOf(metricsStore(tables, env.METRICS_TABLE), systemClock),
    depth: bulkDepth(queues, env),
    jobs: jobStore(tables, table),
    planCampaign: campaignPlanner(lambda(), env.PLAN_CAMPAIGN_FUNCTION_NAME),
    eventNames: eventNames(tables, table),
    secrets: secretStore(tables, table),
    machines: machines(sfn(), {
      arnPrefix: env.STATE_MACHINE_ARN_PREFIX,
      roleArn: env.JOURNEYS_ROLE_ARN,
      prefix: env.MACHINE_PREFIX,
      isTraced: env.TRACING,
    }),
    functions: {
      advanceRunArn: env.ADVANCE_RUN_FUNCTION_ARN,
      registerTaskTokenArn: env.REGISTER_TASK_TOKEN_FUNCTION_ARN,
      machinePrefix: env.MACHINE_PREFIX,
    },
    occurrences: occurrenceStore(tables, table),
    wakes: wakeStore(tables, table),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    queues: {
      jobs: queue(queues, env.JOBS_QUEUE_URL),
      campaigns: queue(queues, env.CAMPAIGNS_QUEUE_URL),
      events: queue(queues, env.EVENTS_QUEUE_URL),
    },
  };
}
