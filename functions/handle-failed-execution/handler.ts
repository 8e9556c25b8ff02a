import { runStore } from '../../adapters/dynamo/runs.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { parkLostRun } from '../../engine/runs/park-lost-run.ts';
import { dynamo, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** EventBridge, Step Functions Execution Status Change (FAILED, TIMED_OUT, ABORTED) of our machines: at least once. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    enrolments: queue(sqs(), env.ENROLMENTS_QUEUE_URL),
    clock: systemClock,
    log: logger,
  }),
  handle: parkLostRun,
});
