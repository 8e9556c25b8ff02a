import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';
import { PoisonError } from '../../engine/errors.ts';

/** An SNS notification as SQS carries it (raw delivery off). https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html */
export const NotificationSchema = lazySchema(() =>
  z.object({
    Type: z.string().optional(),
    TopicArn: z.string().optional(),
    Message: z.string(),
    /** Instant of publication: the same in every repeat. */
    Timestamp: z.iso.datetime().optional(),
  }),
);
export type Notification = z.infer<typeof NotificationSchema>;

/** Plain text that SES publishes when a topic becomes an event destination. */
const GREETING = 'Successfully validated SNS topic';

/** Returns the provider's own JSON, or undefined for SES's test notification. */
export function innerMessage(notification: Notification): Record<string, unknown> | undefined {
  if (notification.Message.startsWith(GREETING)) return undefined;
  try {
    const inner: unknown = JSON.parse(notification.Message);
    if (typeof inner === 'object' && inner !== null) return unwrapped(inner as Record<string, unknown>);
  } catch {
    // Reported below.
  }
  throw new PoisonError('the notification holds no JSON object');
}

/** EventBridge puts the provider's event under `detail`. */
function unwrapped(inner: Record<string, unknown>): Record<string, unknown> {
  const { detail } = inner;
  const isBridge = 'detail-type' in inner && typeof detail === 'object' && detail !== null;
  return isBridge ? (detail as Record<string, unknown>) : inner;
}
