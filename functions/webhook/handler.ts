import { runStore } from '../../adapters/dynamo/runs.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { webhookLog } from '../../adapters/dynamo/webhook-log.ts';
import { webhookTries } from '../../adapters/dynamo/webhook-tries.ts';
import { webhooks } from '../../adapters/https/webhooks.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { WebhookRequestSchema } from '../../core/webhooks/webhook.ts';
import { call } from '../../engine/runs/call-webhook.ts';
import { dynamo, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { signedRequestOptions } from '../../runtime/wiring/signed-requests.ts';
import { EnvSchema } from './env.ts';

/** SQS `webhooks` (standard): at least once, in any order. Calls of `webhook` nodes; messages of the channel go by `send-webhook`. */
export const handler = queueHandler({
  env: EnvSchema,
  body: WebhookRequestSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    secrets: secretStore(dynamo(), env.CATALOG_TABLE),
    log: webhookLog(dynamo(), env.RUNS_TABLE),
    tries: webhookTries(dynamo(), env.RUNS_TABLE),
    events: queue(sqs(), env.EVENTS_QUEUE_URL),
    again: queue(sqs(), env.WEBHOOKS_QUEUE_URL),
    webhooks: webhooks(signedRequestOptions(env)),
    clock: systemClock,
  }),
  handle: call,
});
