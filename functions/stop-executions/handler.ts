import { messageStore } from '../../adapters/dynamo/messages.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { StopExecutionMessageSchema } from '../../core/runs/run.ts';
import { stopExecution } from '../../engine/runs/stop-execution.ts';
import { dynamo, retryingSfn, sqs } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { senderQueues } from '../../runtime/wiring/sender-queues.ts';
import { EnvSchema } from './env.ts';

/** SQS `stop-executions` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: StopExecutionMessageSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    messages: messageStore(dynamo(), env.MESSAGES_TABLE),
    senders: senderQueues(sqs(), env),
    tasks: taskStore(dynamo(), env.CATALOG_TABLE),
    executions: executions(retryingSfn(), { machinePrefix: env.STATE_MACHINE_ARN_PREFIX }),
    machinePrefix: env.MACHINE_PREFIX,
  }),
  handle: stopExecution,
});
