import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';
import { isMachine } from '../../core/links/machines.ts';
import type { Received } from '../../engine/messages/ports.ts';
import { readOrPoison } from '../sns/read-or-poison.ts';

const Instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is no instant');

/** Recognises our own messages: `send-email` gives every message this tag. */
const OursSchema = lazySchema(() =>
  z.object({ eventType: z.string(), mail: z.object({ tags: z.object({ message: z.unknown() }) }) }),
);

/** SES event publishing. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
const EmailEventSchema = lazySchema(() =>
  z.object({
    eventType: z.string(),
    mail: z.object({
      timestamp: Instant,
      destination: z.array(z.string()).optional(),
      tags: z.object({ message: z.tuple([z.string()], z.string()) }),
    }),
    delivery: z.object({ timestamp: Instant, recipients: z.array(z.string()).optional() }).optional(),
    bounce: z
      .object({
        bounceType: z.string(),
        bounceSubType: z.string().optional(),
        bouncedRecipients: z
          .array(z.object({ status: z.string().nullish(), diagnosticCode: z.string().nullish() }))
          .optional(),
        timestamp: Instant,
      })
      .optional(),
    complaint: z
      .object({
        timestamp: Instant,
        complaintFeedbackType: z.string().nullish(),
        complaintSubType: z.string().nullish(),
      })
      .optional(),
    reject: z.object({ reason: z.string().optional() }).optional(),
    open: z
      .object({ timestamp: Instant, userAgent: z.string().nullish(), isMachine: z.boolean().optional() })
      .optional(),
    click: z
      .object({
        timestamp: Instant,
        link: z.string().optional(),
        userAgent: z.string().nullish(),
        isMachine: z.boolean().optional(),
      })
      .optional(),
  }),
);
type EmailEvent = z.infer<typeof EmailEventSchema>;

const byMachine = (
  said: { userAgent?: string | null | undefined; isMachine?: boolean | undefined } = {},
): { machine?: boolean } => (said.isMachine === true || isMachine(said.userAgent ?? '') ? { machine: true } : {});

/** Returns the receipt that an SES event contains for one of our messages, or undefined if it contains none or the message is not ours. */
export function readEmailEvent(inner: Record<string, unknown>): Received | undefined {
  if (!OursSchema.safeParse(inner).success) return undefined;
  const event = readOrPoison(EmailEventSchema, inner);
  const { eventType, mail, delivery, reject, open, click } = event;
  const [message] = mail.tags.message;
  const at = (timestamp: string | undefined) => Date.parse(timestamp ?? mail.timestamp);
  switch (eventType) {
    case 'Delivery':
      return {
        message,
        receipt: 'delivered',
        at: at(delivery?.timestamp),
        to: delivery?.recipients?.[0] ?? mail.destination?.[0],
      };
    case 'Bounce':
      return bounced(message, event);
    case 'Reject':
      // SES accepted the message, found a virus and never sent it: that is no fault of the address.
      return { message, receipt: 'bounced', at: at(undefined), detail: reject?.reason ?? 'Reject' };
    case 'Complaint':
      return complained(message, event);
    case 'Open':
      return { message, receipt: 'opened', at: at(open?.timestamp), ...byMachine(open) };
    case 'Click':
      return { message, receipt: 'clicked', at: at(click?.timestamp), link: click?.link, ...byMachine(click) };
    default:
      return undefined;
  }
}

/**
 * A spam complaint suppresses the address. `not-spam` retracts a complaint about one mail that was found in the spam folder; other complaints stay.
 * If SES did not send a mail because an earlier complaint put the address on the account's list, that is a bounce.
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#complaint-object
 */
function complained(message: string, { mail, complaint }: EmailEvent): Received | undefined {
  const { timestamp = mail.timestamp, complaintFeedbackType: type, complaintSubType: subType } = complaint ?? {};
  if (type === 'not-spam') return undefined;
  const about = { message, at: Date.parse(timestamp), address: 'suppressed', to: mail.destination?.[0] } as const;
  return subType === 'OnAccountSuppressionList'
    ? { ...about, receipt: 'bounced', detail: subType }
    : { ...about, receipt: 'complained', detail: type ?? undefined };
}

/** Enhanced status codes (RFC 3463) of a permanent failure, or of an expired delivery time. */
const GIVEN_UP = /(?<![\d.])(5\.\d{1,3}\.\d{1,3}|4\.4\.7)(?![\d.])/;

/**
 * SES reports a bounce when it has given up, soft ones too; only a permanent one marks the address. Automatic replies to delivered mail are also
 * reported as `Transient` with `General`: without a status by which a server gave up, that is no bounce.
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
 */
function bounced(message: string, { mail, bounce }: EmailEvent): Received | undefined {
  const { bounceType, bounceSubType = 'General', bouncedRecipients = [], timestamp = mail.timestamp } = bounce ?? {};
  const isGivenUp = bouncedRecipients.some(({ status, diagnosticCode }) =>
    GIVEN_UP.test(status ?? diagnosticCode ?? ''),
  );
  if (bounceType === 'Transient' && bounceSubType === 'General' && !isGivenUp) return undefined;
  const received: Received = { message, receipt: 'bounced', at: Date.parse(timestamp), detail: bounceSubType };
  if (bounceType !== 'Permanent') return received;
  return { ...received, address: verdict(bounceSubType), to: mail.destination?.[0] };
}

/** Suppression lists of SES; a person may be removed from them, and the address itself works. */
const LISTED = new Set(['OnAccountSuppressionList', 'Suppressed', 'UnsubscribedRecipient']);
const verdict = (subType: string): 'bad' | 'suppressed' => (LISTED.has(subType) ? 'suppressed' : 'bad');
