import { lostExecutions } from '../../adapters/lost-executions.sfn.ts';
import { queue } from '../../adapters/queue.sqs.ts';
import { runStore } from '../../adapters/runs.dynamo.ts';
import { sweep } from '../../engine/runs/recover-lost-runs.ts';
import { dynamo, patientSfn, sqs } from '../../runtime/aws.ts';
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
    lost: lostExecutions(patientSfn(), `${env.MACHINE_PREFIX}-`, Math.random),
    clock: systemClock,
    log: logger,
  }),
  handle: sweep,
});
