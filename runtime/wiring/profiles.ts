import type * as z from 'zod';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { isPermanentError } from '../../adapters/dynamo/permanent-errors.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import type { ProfileDeps } from '../../engine/profiles/deps.ts';
import { dynamo, sfn, sqs } from '../aws.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import { followedCatalog } from './followed-catalog.ts';
import { metricEvents } from './metric-events.ts';
import type { ProfilesEnvSchema } from './profiles-env.ts';

/** Dependencies of committing a profile, over AWS. */
export function profileDeps(env: z.infer<typeof ProfilesEnvSchema>): ProfileDeps {
  const tables = dynamo();
  const queues = sqs();
  return {
    profiles: profileStore(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    catalog: followedCatalog(tables, env),
    coupons: couponStore(tables, env.CATALOG_TABLE),
    executions: executions(sfn()),
    events: queue(queues, env.EVENTS_QUEUE_URL),
    due: queue(queues, env.DUE_QUEUE_URL),
    enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
    stopExecutions: queue(queues, env.STOP_EXECUTIONS_QUEUE_URL),
    metricEvents: metricEvents(env),
    isPermanentError,
    clock: systemClock,
    log: logger,
  };
}
