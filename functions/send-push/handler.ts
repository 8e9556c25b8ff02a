import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { pinpointPush } from '../shared/adapters/push.pinpoint.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { sendMessage } from '../shared/sending/send-message.ts';
import { senderDeps } from '../shared/sending/wire.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-push-now` and `send-push-bulk` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) => senderDeps(env, pinpointPush({ applicationId: env.PINPOINT_APPLICATION_ID })),
  handle: sendMessage,
});
