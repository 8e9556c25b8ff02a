import { messageStore } from '../../adapters/dynamo/messages.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { StopExecutionMessageSchema } from '../../core/runs/run.ts';
import { stopExecution } from '../../engine/runs/stop-execution.ts';
import { dynamo, patientSfn, sqs } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { EnvSchema } from './env.ts';

/** SQS `stop-executions` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: StopExecutionMessageSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    messages: messageStore(dynamo(), env.MESSAGES_TABLE),
    senders: {
      email: queue(sqs(), env.SEND_EMAIL_NOW_QUEUE_URL),
      sms: queue(sqs(), env.SEND_SMS_NOW_QUEUE_URL),
      push: queue(sqs(), env.SEND_PUSH_NOW_QUEUE_URL),
    },
    tasks: taskStore(dynamo(), env.CATALOG_TABLE),
    executions: executions(patientSfn(), { machinePrefix: env.STATE_MACHINE_ARN_PREFIX }),
    machinePrefix: env.MACHINE_PREFIX,
  }),
  handle: stopExecution,
});
