import type { Deployed, Doubt } from '../channel.ts';
import type { EmailContent } from './content.ts';
import { senderKey } from './mailbox.ts';

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** Faults of a sender or a reply-to address that this deployment may not use, by field of the content. */
export function foreignSenders({ from, replyTo }: EmailContent, { senders, identities }: Deployed): Doubt[] {
  const ownSenders = senders.map(senderKey);
  const own = new Set([...ownSenders, ...ownSenders.map(domainOf), ...identities.map((one) => one.toLowerCase())]);
  const reply = replyTo === undefined ? undefined : senderKey(replyTo);
  return [
    ...(from === undefined || ownSenders.includes(senderKey(from))
      ? []
      : [
          {
            field: 'from',
            message: `this deployment does not send from ${senderKey(from)}, only from ${senders.join(', ') || 'nowhere'}`,
          },
        ]),
    ...(reply === undefined || own.has(reply) || own.has(domainOf(reply))
      ? []
      : [
          {
            field: 'replyTo',
            message: `${domainOf(reply)} is none of this deployment's domains`,
          },
        ]),
  ];
}
