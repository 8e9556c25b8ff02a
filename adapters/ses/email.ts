import { BadRequestException, type MessageTag, type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { formatMailbox, parseMailbox, senderKey } from '../../core/channels/email/mailbox.ts';
import type { Envelope, Outcome, Provider } from '../../engine/messages/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { faultOutcome } from '../provider-fault.ts';

interface SenderOptions {
  /** For content that names no sender. */
  from: string;
  /** Senders that content may name. */
  senders: readonly string[];
  configurationSet: string;
}

/** Sends by SES v2 SendEmail. Marketing mail has both headers of one-click unsubscribe (RFC 8058). */
export function sesEmail(options: SenderOptions & { log: Pick<Log, 'error'> }, client: SESv2Client): Provider {
  return {
    name: 'ses',
    channel: 'email',
    async send(envelope) {
      const input = inputOf(envelope, options);
      if ('foreign' in input)
        return { kind: 'permanent', detail: `this deployment does not send from ${input.foreign}` };
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
  { from, senders, configurationSet }: SenderOptions,
) {
  if (content.channel !== 'email' || target.channel !== 'email') throw new Error('not an e-mail');
  // The template may be older than the deployment's list.
  const sender = content.from === undefined ? from : ownSender(content.from, senders);
  if (sender === undefined) return { foreign: content.from };
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return {
    FromEmailAddress: sender,
    ...(content.replyTo === undefined ? {} : { ReplyToAddresses: [formatMailbox(parseMailbox(content.replyTo))] }),
    ConfigurationSetName: configurationSet,
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

/** Returns the sender with the content's name, its address in the letter case that permissions name; undefined: it is none of ours. */
function ownSender(mailbox: string, senders: readonly string[]): string | undefined {
  const own = senders.find((sender) => senderKey(sender) === senderKey(mailbox));
  return own && formatMailbox({ name: parseMailbox(mailbox).name, address: parseMailbox(own).address });
}

/** SES accepts only these characters in tags; others become `_`. */
const tag = (Name: string, value: string): MessageTag => ({
  Name,
  Value: value.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 256) || '_',
});
