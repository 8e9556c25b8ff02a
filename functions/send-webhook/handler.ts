import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { webhookChannel } from '../../adapters/https/webhook-channel.ts';
import { dynamo } from '../../runtime/aws.ts';
import { senderHandler } from '../../runtime/handlers/sender-handler.ts';
import { logger } from '../../runtime/log.ts';
import { signedRequestOptions } from '../../runtime/wiring/signed-requests.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-webhook-now` and `send-webhook-bulk` (standard): at least once, in any order. Messages only; `webhook` nodes have their own function. */
export const handler = senderHandler(EnvSchema, (env) =>
  webhookChannel({
    requests: signedRequestOptions(env),
    secrets: secretStore(dynamo(), env.CATALOG_TABLE),
    log: logger,
  }),
);
