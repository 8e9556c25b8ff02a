import { TidyMessageSchema } from '../../core/runs/run.ts';
import { executions } from '../shared/adapters/executions.sfn.ts';
import { messageStore } from '../shared/adapters/messages.dynamo.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { taskStore } from '../shared/adapters/tasks.dynamo.ts';
import { dynamo, patientSfn, sqs } from '../shared/aws.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { EnvSchema } from './env.ts';
import { tidy } from './tidy.ts';

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
