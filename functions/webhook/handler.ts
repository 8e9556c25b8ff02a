import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { WebhookRequestSchema } from '../../core/webhooks/webhook.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { reservations } from '../shared/adapters/reservations.dynamo.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { secretStore } from '../shared/adapters/secrets.dynamo.ts';
import { secret } from '../shared/adapters/secrets.secrets-manager.ts';
import { webhookLog } from '../shared/adapters/webhook-log.dynamo.ts';
import { webhooks } from '../shared/adapters/webhooks.https.ts';
import { dynamo, sqs } from '../shared/aws.ts';
import { systemClock } from '../shared/clock.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { EnvSchema } from './env.ts';
import { call } from './webhook.ts';

/** SQS `webhooks` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: WebhookRequestSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    secrets: secretStore(dynamo(), env.CATALOG_TABLE),
    log: webhookLog(dynamo(), env.RUNS_TABLE),
    calls: reservations(dynamo(), env.RUNS_TABLE),
    events: queue(sqs(), env.EVENTS_QUEUE_URL),
    again: queue(sqs(), env.WEBHOOKS_QUEUE_URL),
    webhooks: webhooks({
      secret: secret(new SecretsManagerClient(), env.WEBHOOK_SECRET_ARN),
      hosts: env.WEBHOOK_HOSTS,
      clock: systemClock,
    }),
    clock: systemClock,
  }),
  handle: call,
});
