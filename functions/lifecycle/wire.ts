import type * as z from 'zod';
import { catalogStore } from '../shared/adapters/catalog.dynamo.ts';
import { definitionStore } from '../shared/adapters/definitions.dynamo.ts';
import { eventNames } from '../shared/adapters/event-names.dynamo.ts';
import { jobStore } from '../shared/adapters/jobs.dynamo.ts';
import { liveRules } from '../shared/adapters/live-rules.dynamo.ts';
import { machines } from '../shared/adapters/machines.sfn.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { secretStore } from '../shared/adapters/secrets.dynamo.ts';
import { dynamo, sfn, sqs } from '../shared/aws.ts';
import { systemClock } from '../shared/clock.ts';
import { httpDeps } from '../shared/http/wire.ts';
import type { Deps } from './deps.ts';
import type { EnvSchema } from './env.ts';

export function lifecycleDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const table = env.CATALOG_TABLE;
  return {
    ...httpDeps(tables, env),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
    jobs: jobStore(tables, table),
    eventNames: eventNames(tables, table),
    secrets: secretStore(tables, table),
    machines: machines(sfn(), {
      arnPrefix: env.STATE_MACHINE_ARN_PREFIX,
      roleArn: env.JOURNEYS_ROLE_ARN,
      prefix: env.MACHINE_PREFIX,
    }),
    functions: { stepArn: env.STEP_FUNCTION_ARN, armArn: env.ARM_FUNCTION_ARN, machinePrefix: env.MACHINE_PREFIX },
    queues: { jobs: queue(sqs(), env.JOBS_QUEUE_URL) },
  };
}
