import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runPages } from '../../adapters/dynamo/run-pages.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { machines } from '../../adapters/stepfunctions/machines.ts';
import type { MigrateDeps } from '../../engine/definitions/migrate-runs.ts';
import type { TestDeps } from '../../engine/definitions/test-journey.ts';
import { dynamo, sfn, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type HttpDeps, httpDeps } from '../../runtime/http/dependencies.ts';
import { campaignStatus } from '../../runtime/wiring/campaign-status.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps & TestDeps & MigrateDeps;

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
    jobs: jobStore(tables, table),
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
    profiles: profileStore(tables, env.PROFILES_TABLE),
    runs: runPages(tables, env.RUNS_TABLE),
    queues: {
      jobs: queue(queues, env.JOBS_QUEUE_URL),
      events: queue(queues, env.EVENTS_QUEUE_URL),
    },
  };
}
