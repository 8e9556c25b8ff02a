import { pinpointPush } from '../../adapters/pinpoint/push.ts';
import { pinpoint } from '../../runtime/aws.ts';
import { senderHandler } from '../../runtime/handlers/sender-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-push-now` and `send-push-bulk` (standard): at least once, in any order. */
export const handler = senderHandler(EnvSchema, (env) =>
  pinpointPush({ applicationId: env.PINPOINT_APPLICATION_ID, log: logger }, pinpoint()),
);
