import * as z from 'zod';
import { PoisonError } from '../shared/handlers/queue-handler.ts';

/** An SNS notification as SQS carries it (raw delivery off). https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html */
export const NotificationSchema = z.object({
  Type: z.string().optional(),
  TopicArn: z.string().optional(),
  Message: z.string(),
});

/** The provider's own JSON inside. */
export function innerMessage(notification: z.infer<typeof NotificationSchema>): Record<string, unknown> {
  try {
    const inner: unknown = JSON.parse(notification.Message);
    if (typeof inner === 'object' && inner !== null) return unwrapped(inner as Record<string, unknown>);
  } catch {
    // Said below.
  }
  throw new PoisonError('the notification holds no JSON object');
}

/** EventBridge puts SES's event under `detail`. */
function unwrapped(inner: Record<string, unknown>): Record<string, unknown> {
  const { detail } = inner;
  const isBridge = 'detail-type' in inner && typeof detail === 'object' && detail !== null;
  return isBridge ? (detail as Record<string, unknown>) : inner;
}
