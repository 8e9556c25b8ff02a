import { executions } from '../../adapters/executions.sfn.ts';
import { messageStore } from '../../adapters/messages.dynamo.ts';
import { queue } from '../../adapters/queue.sqs.ts';
import { runStore } from '../../adapters/runs.dynamo.ts';
import { taskStore } from '../../adapters/tasks.dynamo.ts';
import { TidyMessageSchema } from '../../core/runs/run.ts';
import { tidy } from '../../engine/runs/stop-execution.ts';
import { dynamo, patientSfn, sqs } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { EnvSchema } from './env.ts';

/** SQS `tidy` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: TidyMessageSchema,
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
  handle: tidy,
});
