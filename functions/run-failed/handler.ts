import { queue } from '../shared/adapters/queue.sqs.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { dynamo, sqs } from '../shared/aws.ts';
import { systemClock } from '../shared/clock.ts';
import { taskHandler } from '../shared/handlers/task-handler.ts';
import { logger } from '../shared/log.ts';
import { EnvSchema } from './env.ts';
import { strand } from './strand.ts';

/** EventBridge, Step Functions Execution Status Change (FAILED, TIMED_OUT, ABORTED) of our machines: at least once. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    enrolments: queue(sqs(), env.ENROLMENTS_QUEUE_URL),
    clock: systemClock,
    log: logger,
  }),
  handle: strand,
});
