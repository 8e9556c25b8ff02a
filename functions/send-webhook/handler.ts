import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { webhookChannel } from '../../adapters/https/webhook-channel.ts';
import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { dynamo } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { senderDeps } from '../../runtime/wiring/sending.ts';
import { signedRequestOptions } from '../../runtime/wiring/signed-requests.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-webhook-now` and `send-webhook-bulk` (standard): at least once, in any order. Messages only; `webhook` nodes have their own function. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) =>
    senderDeps(
      env,
      webhookChannel({
        requests: signedRequestOptions(env),
        secrets: secretStore(dynamo(), env.CATALOG_TABLE),
        log: logger,
      }),
    ),
  handle: sendMessage,
});
