import { randomUUID } from 'node:crypto';
import type { Json } from '../template.ts';
import type { Report, Reported } from './report.ts';

/** SES event publishing, as SNS delivers it. */
export function emailReport({ kind, message, item, machine, now }: Reported): Report | undefined {
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
    topic: 'email-events',
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
