import { lostExecutions } from '../shared/adapters/lost-executions.sfn.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { dynamo, patientSfn, sqs } from '../shared/aws.ts';
import { systemClock } from '../shared/clock.ts';
import { taskHandler } from '../shared/handlers/task-handler.ts';
import { logger } from '../shared/log.ts';
import { EnvSchema } from './env.ts';
import { sweep } from './sweep.ts';

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
