import { randomUUID } from 'node:crypto';
import type { Message } from '../core/messages/message.ts';
import type { OutboxItem } from './providers/outbox.ts';
import type { Json } from './template.ts';

export const KINDS = ['delivered', 'bounced', 'complained', 'opened', 'clicked', 'unsubscribed'] as const;
export type Kind = (typeof KINDS)[number];

/** Action that reports this as the provider would; undefined: the channel has no such report. */
export type Report =
  | { notify: 'email-events' | 'sms-events' | 'sms-inbound'; body: Json }
  | { get: string; machine: boolean }
  | { post: string }
  | { track: Json };

export function reportOf(
  kind: Kind,
  message: Message,
  item: OutboxItem,
  machine: boolean,
  now: number,
  userId: { userId?: string; anonymousId?: string },
): Report | undefined {
  switch (message.channel) {
    case 'email':
      return emailReport(kind, message, item, machine, now);
    case 'sms':
      return smsReport(kind, message, item, machine, now);
    case 'push':
      if (kind !== 'opened' && kind !== 'clicked') return undefined;
      return {
        track: {
          ...userId,
          event: kind === 'opened' ? 'Message Opened' : 'Message Clicked',
          properties: { messageId: message.id, ...(machine ? { machine: true } : {}) },
          messageId: randomUUID(),
        },
      };
    default:
      return undefined;
  }
}

/** SES event publishing, as SNS delivers it. */
function emailReport(
  kind: Kind,
  message: Message,
  item: OutboxItem,
  machine: boolean,
  now: number,
): Report | undefined {
  const timestamp = new Date(now).toISOString();
  const to = [String(item.to)];
  const userAgent = machine
    ? 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'
    : 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mail';
  const mail = {
    timestamp,
    messageId: message.providerId ?? '',
    source: 'no-reply@example.com',
    destination: to,
    tags: { message: [message.id], template: [message.template.id], 'ses:configuration-set': ['cairn'] },
  };
  const event = (eventType: string, more: Json): Report => ({
    notify: 'email-events',
    body: { eventType, mail, ...more },
  });
  switch (kind) {
    case 'delivered':
      return event('Delivery', {
        delivery: { timestamp, processingTimeMillis: 412, recipients: to, smtpResponse: '250 ok' },
      });
    case 'bounced':
      return event('Bounce', {
        bounce: {
          bounceType: 'Permanent',
          bounceSubType: 'General',
          bouncedRecipients: to.map((emailAddress) => ({ emailAddress, status: '5.1.1' })),
          timestamp,
          feedbackId: randomUUID(),
        },
      });
    case 'complained':
      return event('Complaint', {
        complaint: {
          complainedRecipients: to.map((emailAddress) => ({ emailAddress })),
          timestamp,
          feedbackId: randomUUID(),
          complaintFeedbackType: 'abuse',
        },
      });
    case 'opened':
      return event('Open', { open: { ipAddress: '192.0.2.1', timestamp, userAgent } });
    case 'clicked':
      return event('Click', {
        click: {
          ipAddress: '192.0.2.1',
          link: message.links?.[0] ?? 'https://example.com',
          linkTags: null,
          timestamp,
          userAgent,
        },
      });
    case 'unsubscribed': {
      const url = /<([^>]+)>/.exec(item.headers?.['List-Unsubscribe'] ?? '')?.[1];
      return url === undefined ? undefined : { post: url };
    }
  }
}

/** End User Messaging's events; a click follows the counted link, STOP unsubscribes. */
function smsReport(kind: Kind, message: Message, item: OutboxItem, machine: boolean, now: number): Report | undefined {
  const event = (eventType: string, status: string, isFinal: boolean): Report => ({
    notify: 'sms-events',
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

/** An inbound text of two-way SMS. */
export const inbound = (from: string, text: string): Report => ({
  notify: 'sms-inbound',
  body: {
    originationNumber: from,
    destinationNumber: '+12065550100',
    messageKeyword: 'KEYWORD_000000000000',
    messageBody: text,
    inboundMessageId: randomUUID(),
    previousPublishedMessageId: null,
  },
});

/** SNS's envelope around it, as SQS receives it. */
export const notification = (topicArn: string, body: Json, now: number): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: topicArn,
    Message: JSON.stringify(body),
    Timestamp: new Date(now).toISOString(),
    SignatureVersion: '1',
    Signature: 'local',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/local.pem',
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/',
  });
