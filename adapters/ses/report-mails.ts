import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { deliverableEmail } from '../../core/channels/email/address.ts';
import type { RenderedMail } from '../../core/results/mail/report-mail.ts';
import type { Log } from '../../engine/ports.ts';
import type { Mailer } from '../../engine/results/ports.ts';
import { faultOutcome } from '../provider-fault.ts';

/**
 * Sends report mails by SES v2 SendEmail, each to one address. They have no configuration set: links are not counted, and receipts are nobody's
 * business.
 */
export const reportMailer = (from: string, client: SESv2Client, log: Pick<Log, 'error'>): Mailer => ({
  async send(address: string, { subject, html, text }: RenderedMail) {
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    try {
      const { MessageId } = await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [deliverableEmail(address)] },
          Content: { Simple: { Subject: utf8(subject), Body: { Html: utf8(html), Text: utf8(text) } } },
        }),
      );
      return { kind: 'sent', providerId: MessageId ?? '' };
    } catch (error) {
      return faultOutcome(error, log);
    }
  },
});
