import { runStore } from '../../adapters/dynamo/runs.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { lostExecutions } from '../../adapters/stepfunctions/lost-executions.ts';
import { recoverLostRuns } from '../../engine/runs/recover-lost-runs.ts';
import { dynamo, retryingSfn, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** EventBridge Scheduler, every night, at least once. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    enrolments: queue(sqs(), env.ENROLMENTS_QUEUE_URL),
    lost: lostExecutions(retryingSfn(), `${env.MACHINE_PREFIX}-`, Math.random),
    clock: systemClock,
    log: logger,
  }),
  handle: recoverLostRuns,
});
