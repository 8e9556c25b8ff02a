import { readFeedback } from '../../adapters/sns/feedback.ts';
import { NotificationSchema } from '../../adapters/sns/notification.ts';
import { handleFeedback } from '../../engine/messages/handle-feedback.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { receiveDeps } from '../../runtime/wiring/receipts.ts';
import { EnvSchema } from './env.ts';

/** SQS `feedback` behind the topics of SES and End User Messaging: at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: NotificationSchema,
  build: receiveDeps,
  async handle(deps, notification) {
    const feedback = readFeedback(notification);
    if (feedback !== undefined) await handleFeedback(deps, feedback);
  },
});
