import * as z from 'zod';
import type { Received } from '../shared/sending/receive.ts';
import { readOrPoison } from './envelope.ts';

const Instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is no instant');

/** Of our own sending: `send-email` gives every message this tag. */
const OursSchema = z.object({ eventType: z.string(), mail: z.object({ tags: z.object({ message: z.unknown() }) }) });

/** SES event publishing. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
const EmailEventSchema = z.object({
  eventType: z.string(),
  mail: z.object({
    timestamp: Instant,
    destination: z.array(z.string()).optional(),
    tags: z.object({ message: z.tuple([z.string()], z.string()) }),
  }),
  delivery: z.object({ timestamp: Instant }).optional(),
  bounce: z.object({ bounceType: z.string(), bounceSubType: z.string().optional(), timestamp: Instant }).optional(),
  complaint: z.object({ timestamp: Instant, complaintFeedbackType: z.string().nullish() }).optional(),
  reject: z.object({ reason: z.string().optional() }).optional(),
  open: z.object({ timestamp: Instant, userAgent: z.string().nullish(), isMachine: z.boolean().optional() }).optional(),
  click: z
    .object({
      timestamp: Instant,
      link: z.string().optional(),
      userAgent: z.string().nullish(),
      isMachine: z.boolean().optional(),
    })
    .optional(),
});
type EmailEvent = z.infer<typeof EmailEventSchema>;

/** Proxies and scanners that open and follow everything. A CUBOT is a telephone. */
const MACHINES =
  /GoogleImageProxy|YahooMailProxy|AppleMailPrivacy|Mozilla\/5\.0$|(?<!cu)bot|crawler|spider|scanner|safelinks|barracuda|mimecast|proofpoint/i;
const byMachine = (
  said: { userAgent?: string | null | undefined; isMachine?: boolean | undefined } = {},
): { machine?: boolean } => (said.isMachine === true || MACHINES.test(said.userAgent ?? '') ? { machine: true } : {});

/** What an SES event says of one of our messages; undefined: it says nothing that is counted, or it is no message of ours. */
export function readEmailEvent(inner: Record<string, unknown>): Received | undefined {
  if (!OursSchema.safeParse(inner).success) return undefined;
  const event = readOrPoison(EmailEventSchema, inner);
  const { eventType, mail, delivery, complaint, reject, open, click } = event;
  const [message] = mail.tags.message;
  const at = (timestamp: string | undefined) => Date.parse(timestamp ?? mail.timestamp);
  switch (eventType) {
    case 'Delivery':
      return { message, receipt: 'delivered', at: at(delivery?.timestamp) };
    case 'Bounce':
      return bounced(message, event);
    case 'Reject':
      // Taken, found to hold a virus, and never handed on: that is not the address's fault.
      return { message, receipt: 'bounced', at: at(undefined), detail: reject?.reason ?? 'Reject' };
    case 'Complaint':
      return {
        message,
        receipt: 'complained',
        at: at(complaint?.timestamp),
        detail: complaint?.complaintFeedbackType ?? undefined,
        address: 'suppressed',
        to: mail.destination?.[0],
      };
    case 'Open':
      return { message, receipt: 'opened', at: at(open?.timestamp), ...byMachine(open) };
    case 'Click':
      return { message, receipt: 'clicked', at: at(click?.timestamp), link: click?.link, ...byMachine(click) };
    default:
      return undefined;
  }
}

/**
 * SES reports a bounce when it has given up, soft ones too; only a permanent one tells of the address. `Transient` with `General` is also
 * what automatic replies come as, of mail that has arrived. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
 */
function bounced(message: string, { mail, bounce }: EmailEvent): Received | undefined {
  const { bounceType, bounceSubType = 'General', timestamp = mail.timestamp } = bounce ?? {};
  if (bounceType === 'Transient' && bounceSubType === 'General') return undefined;
  const received: Received = { message, receipt: 'bounced', at: Date.parse(timestamp), detail: bounceSubType };
  if (bounceType !== 'Permanent') return received;
  return { ...received, address: verdict(bounceSubType), to: mail.destination?.[0] };
}

/** SES's own lists; a person may be taken off them, and the address works. */
const LISTED = new Set(['OnAccountSuppressionList', 'Suppressed', 'UnsubscribedRecipient']);
const verdict = (subType: string): 'bad' | 'suppressed' => (LISTED.has(subType) ? 'suppressed' : 'bad');
