import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';
import type { Inbound, Received } from '../../engine/messages/ports.ts';
import { readOrPoison } from '../sns/read-or-poison.ts';

/** Recognises our own messages: `send-sms` gives every message this context. */
const OursSchema = lazySchema(() => z.object({ eventType: z.string(), context: z.object({ message: z.unknown() }) }));

/** End User Messaging's event. https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html */
const SmsEventSchema = lazySchema(() =>
  z.object({
    eventType: z.string(),
    eventTimestamp: z.number(),
    /** False: the carrier is still trying. */
    isFinal: z.boolean().default(true),
    destinationPhoneNumber: z.string().optional(),
    messageStatusDescription: z.string().optional(),
    context: z.object({ message: z.string() }),
  }),
);

/** Two-way SMS. https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html */
const InboundSchema = lazySchema(() =>
  z.object({
    originationNumber: z.string(),
    messageBody: z.string(),
    inboundMessageId: z.string().optional(),
  }),
);

/**
 * It depends on the carrier's country which of the two is reported; some report both.
 * https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html
 */
const DELIVERED = new Set(['TEXT_DELIVERED', 'TEXT_SUCCESSFUL']);
/** Final events of a message that did not arrive. TEXT_UNKNOWN is not one: after 72 hours without a report of the carrier, the outcome is unknown. */
const NOT_DELIVERED = new Set([
  'TEXT_INVALID',
  'TEXT_INVALID_MESSAGE',
  'TEXT_UNREACHABLE',
  'TEXT_BLOCKED',
  'TEXT_CARRIER_BLOCKED',
  'TEXT_CARRIER_UNREACHABLE',
  'TEXT_SPAM',
  'TEXT_PROTECT_BLOCKED',
  'TEXT_TTL_EXPIRED',
]);

/** Returns the receipt that the event contains for one of our messages, or undefined if it contains none or the message is not ours. */
export function readSmsEvent(inner: Record<string, unknown>): Received | undefined {
  if (!OursSchema.safeParse(inner).success) return undefined;
  const event = readOrPoison(SmsEventSchema, inner);
  const { eventType, eventTimestamp: at, messageStatusDescription: detail } = event;
  const { message } = event.context;
  if (!event.isFinal) return undefined;
  if (DELIVERED.has(eventType)) return { message, receipt: 'delivered', at, to: event.destinationPhoneNumber };
  if (!NOT_DELIVERED.has(eventType)) return undefined;
  const received: Received = { message, receipt: 'bounced', at, detail };
  // Only this one is the number's fault.
  return eventType === 'TEXT_INVALID' ? { ...received, address: 'bad', to: event.destinationPhoneNumber } : received;
}

/** Returns an inbound text of two-way SMS, or undefined if the event is none. It has no instant of its own. */
export function readInbound(inner: Record<string, unknown>): Inbound | undefined {
  const read = InboundSchema.safeParse(inner);
  return read.success ? { channel: 'sms', from: read.data.originationNumber, text: read.data.messageBody } : undefined;
}
