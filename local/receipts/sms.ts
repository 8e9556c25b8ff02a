import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Report, Reported } from './report.ts';

/** End User Messaging's events; a click follows the counted link, STOP unsubscribes. */
export function smsReport({ kind, message, item, machine, now }: Reported): Report | undefined {
  const event = (eventType: string, status: string, isFinal: boolean): Report => ({
    topic: 'sms-events',
    body: {
      eventType,
      eventVersion: '1.0',
      eventTimestamp: now,
      isFinal,
      originationPhoneNumber: '+12065550100',
      destinationPhoneNumber: item.to,
      isoCountryCode: 'CN',
      messageId: message.providerId,
      messageRequestTimestamp: message.at,
      messageEncoding: 'Unicode',
      messageType: 'PROMOTIONAL',
      messageStatus: status,
      messageStatusDescription: status,
      context: { message: message.id, profile: message.profile },
      totalMessageParts: 1,
      totalMessagePrice: 0.03,
      totalCarrierFee: 0,
    },
  });
  switch (kind) {
    case 'delivered':
      return event('TEXT_DELIVERED', 'DELIVERED', true);
    case 'bounced':
      return event('TEXT_INVALID', 'INVALID', true);
    case 'clicked': {
      const link = /https?:\/\/\S+?\/c\/[\w-]+(\.[\w-]+)*/.exec(item.body ?? '')?.[0];
      return link === undefined ? undefined : { get: link, machine };
    }
    case 'unsubscribed':
      return inbound(String(item.to), 'STOP');
    default:
      return undefined;
  }
}

/** Body by which the control plane takes a text from a phone. */
export const InboundSchema = z.strictObject({ channel: z.literal('sms'), from: z.string(), text: z.string() });

/** An inbound text of two-way SMS. */
export const inbound = (from: string, text: string): Report => ({
  topic: 'sms-inbound',
  body: {
    originationNumber: from,
    destinationNumber: '+12065550100',
    messageKeyword: 'KEYWORD_000000000000',
    messageBody: text,
    inboundMessageId: randomUUID(),
    previousPublishedMessageId: null,
  },
});
