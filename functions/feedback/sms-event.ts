import * as z from 'zod';
import type { Received } from '../shared/sending/receive.ts';

/** End User Messaging's event. https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html */
const SmsEventSchema = z.object({
  eventType: z.string(),
  eventTimestamp: z.number(),
  messageStatus: z.string().optional(),
  messageStatusDescription: z.string().optional(),
  context: z.record(z.string(), z.string()).optional(),
});

/** Two-way SMS. https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html */
const InboundSchema = z.object({
  originationNumber: z.string(),
  messageBody: z.string(),
  inboundMessageId: z.string().optional(),
});

const BAD_NUMBER = new Set(['TEXT_INVALID', 'TEXT_INVALID_MESSAGE', 'TEXT_UNREACHABLE']);
const REFUSED = new Set([
  'TEXT_BLOCKED',
  'TEXT_CARRIER_BLOCKED',
  'TEXT_CARRIER_UNREACHABLE',
  'TEXT_SPAM',
  'TEXT_PROTECT_BLOCKED',
  'TEXT_TTL_EXPIRED',
  'TEXT_UNKNOWN',
]);

/** What a receipt says of one of our messages; undefined: nothing that is counted, or no message of ours. */
export function readSmsEvent(inner: Record<string, unknown>): Received | undefined {
  const read = SmsEventSchema.safeParse(inner);
  const message = read.data?.context?.message;
  if (!read.success || message === undefined) return undefined;
  const { eventType, eventTimestamp: at, messageStatusDescription: detail } = read.data;
  if (eventType === 'TEXT_DELIVERED') return { message, receipt: 'delivered', at };
  if (eventType === 'TEXT_INVALID') return { message, receipt: 'bounced', at, detail, address: 'bad' };
  if (BAD_NUMBER.has(eventType) || REFUSED.has(eventType)) return { message, receipt: 'bounced', at, detail };
  return undefined;
}

export function readInbound(inner: Record<string, unknown>): { from: string; text: string } | undefined {
  const read = InboundSchema.safeParse(inner);
  return read.success ? { from: read.data.originationNumber, text: read.data.messageBody } : undefined;
}
