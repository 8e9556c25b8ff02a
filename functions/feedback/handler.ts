import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { receiveDeps } from '../../runtime/wiring/receipts.ts';
import { EnvSchema } from './env.ts';
import { NotificationSchema } from './envelope.ts';
import { handleFeedback } from './handle-feedback.ts';

/** SQS `feedback` behind the topics of SES and End User Messaging: at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: NotificationSchema,
  build: receiveDeps,
  handle: handleFeedback,
});
