import { BadRequestException, type MessageTag, SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Envelope, Outcome, Provider } from '../../engine/messages/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { once } from '../client-options.ts';
import { faultOutcome } from '../provider-fault.ts';

/** Sends by SES v2 SendEmail. Marketing mail has both headers of one-click unsubscribe (RFC 8058). */
export function sesEmail(
  options: { from: string; configurationSet: string; log: Pick<Log, 'error'> },
  client = new SESv2Client(once),
): Provider {
  return {
    channel: 'email',
    async send(envelope) {
      const input = inputOf(envelope, options);
      try {
        const { MessageId } = await client.send(new SendEmailCommand(input));
        return { kind: 'sent', providerId: MessageId ?? '' };
      } catch (error) {
        return addressFault(error) ?? faultOutcome(error, options.log);
      }
    },
  };
}

/** SES's messages about an invalid address: they name the part, never the address. */
const NO_ADDRESS =
  /^(Illegal address|Invalid email address|Missing (final '@domain'|domain|local name))|^(Local address|Domain)\b.* (contains|starts|ends)/i;

function addressFault(error: unknown): Outcome | undefined {
  if (!(error instanceof BadRequestException) || !NO_ADDRESS.test(error.message)) return undefined;
  return { kind: 'permanent', detail: error.message.slice(0, 500), address: 'bad' };
}

function inputOf(
  { message, profile, template, source, target, content, unsubscribeUrl }: Envelope,
  options: { from: string; configurationSet: string },
) {
  if (content.channel !== 'email' || target.channel !== 'email') throw new Error('not an e-mail');
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return {
    FromEmailAddress: options.from,
    ConfigurationSetName: options.configurationSet,
    Destination: { ToAddresses: [target.address] },
    EmailTags: [tag('message', message), tag('profile', profile), tag('template', template), tag('source', source)],
    Content: {
      Simple: {
        Subject: utf8(content.subject),
        Body: {
          ...(content.html === undefined ? {} : { Html: utf8(content.html) }),
          ...(content.text === undefined ? {} : { Text: utf8(content.text) }),
        },
        ...(unsubscribeUrl === undefined
          ? {}
          : {
              Headers: [
                { Name: 'List-Unsubscribe', Value: `<${unsubscribeUrl}>` },
                { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
              ],
            }),
      },
    },
  };
}

/** SES accepts only these characters in tags; others become `_`. */
const tag = (Name: string, value: string): MessageTag => ({
  Name,
  Value: value.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 256) || '_',
});
