import * as z from 'zod';
import type { ChannelKind } from '../channel.ts';
import { deliverableEmail, emailAddress, normalEmail } from './address.ts';
import { EmailSchema } from './content.ts';
import { foreignSenders } from './identities.ts';
import { renderEmail } from './render.ts';

export const email = {
  label: { en: 'E-mail', 'zh-Hans': '电子邮件', 'zh-Hant': '電子郵件' },
  preference: 3,
  content: EmailSchema,
  markup: 'mjml',
  foreign: foreignSenders,
  rendered: { from: z.string(), replyTo: z.string(), subject: z.string(), html: z.string(), text: z.string() },
  address: {
    shape: 'one',
    trait: 'email',
    normalise: normalEmail,
    invalidReason: (value) => (emailAddress(value).status === 'bad' ? 'is no e-mail address' : undefined),
    isSearchable: true,
    isExclusive: false,
    acceptsStopReplies: false,
    target: ([address]) => ({ address: deliverableEmail(address?.value ?? '') }),
  },
  receipts: 'provider',
  reports: ['delivered', 'opened', 'clicked', 'bounced', 'complained', 'unsubscribed'],
  render: renderEmail,
} as const satisfies ChannelKind;
