import { pinpointPush } from '../../adapters/pinpoint/push.ts';
import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { pinpoint } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { senderDeps } from '../../runtime/wiring/sending.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-push-now` and `send-push-bulk` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) =>
    senderDeps(env, pinpointPush({ applicationId: env.PINPOINT_APPLICATION_ID, log: logger }, pinpoint())),
  handle: sendMessage,
});
