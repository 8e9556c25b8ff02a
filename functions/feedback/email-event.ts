import * as z from 'zod';
import type { Received } from '../shared/sending/receive.ts';

/** SES event publishing. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
const EmailEventSchema = z.object({
  eventType: z.string(),
  mail: z.object({ timestamp: z.string(), tags: z.record(z.string(), z.array(z.string())) }),
  delivery: z.object({ timestamp: z.string() }).optional(),
  bounce: z.object({ bounceType: z.string(), bounceSubType: z.string().optional(), timestamp: z.string() }).optional(),
  complaint: z.object({ timestamp: z.string(), complaintFeedbackType: z.string().optional() }).optional(),
  open: z
    .object({ timestamp: z.string(), userAgent: z.string().optional(), isMachine: z.boolean().optional() })
    .optional(),
  click: z
    .object({
      timestamp: z.string(),
      link: z.string().optional(),
      userAgent: z.string().optional(),
      isMachine: z.boolean().optional(),
    })
    .optional(),
});

/** Proxies and scanners that open and follow everything. */
const MACHINES =
  /GoogleImageProxy|YahooMailProxy|AppleMailPrivacy|Mozilla\/5\.0$|bot|crawler|spider|scanner|safelinks|barracuda|mimecast|proofpoint/i;
const byMachine = (said: { userAgent?: string; isMachine?: boolean }): { machine?: boolean } =>
  said.isMachine === true || MACHINES.test(said.userAgent ?? '') ? { machine: true } : {};

/** What an SES event says of one of our messages; undefined: it says nothing that is counted, or it is no message of ours. */
export function readEmailEvent(inner: Record<string, unknown>): Received | undefined {
  const read = EmailEventSchema.safeParse(inner);
  const message = read.data?.mail.tags.message?.[0];
  if (!read.success || message === undefined) return undefined;
  const { eventType, delivery, bounce, complaint, open, click } = read.data;
  const at = (timestamp: string | undefined) => Date.parse(timestamp ?? read.data.mail.timestamp);
  switch (eventType) {
    case 'Delivery':
      return { message, receipt: 'delivered', at: at(delivery?.timestamp) };
    case 'Bounce':
      // A transient bounce is tried again by SES, and tells nothing of the address.
      if (bounce?.bounceType !== 'Permanent') return undefined;
      return {
        message,
        receipt: 'bounced',
        at: at(bounce.timestamp),
        detail: bounce.bounceSubType,
        address: suppression(bounce.bounceSubType),
      };
    case 'Complaint':
      return {
        message,
        receipt: 'complained',
        at: at(complaint?.timestamp),
        detail: complaint?.complaintFeedbackType,
        address: 'suppressed',
      };
    case 'Open':
      return { message, receipt: 'opened', at: at(open?.timestamp), ...byMachine(open ?? {}) };
    case 'Click':
      return { message, receipt: 'clicked', at: at(click?.timestamp), link: click?.link, ...byMachine(click ?? {}) };
    default:
      return undefined;
  }
}

/** SES's own lists. */
const suppression = (subType: string | undefined): 'bad' | 'suppressed' =>
  subType === 'OnAccountSuppressionList' || subType === 'Suppressed' ? 'suppressed' : 'bad';
