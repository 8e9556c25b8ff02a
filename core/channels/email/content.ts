import * as z from 'zod';
import { expected } from '../../expected.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { isSender } from './mailbox.ts';

/** A mailbox without Liquid must be a sender of this deployment, which `PUT` checks. */
const mailbox = lazySchema(() =>
  z
    .string()
    .trim()
    .max(320)
    .refine(
      (value) => isSender(value) && !/\{[{%]/.test(value),
      'must be an address, or Name <address>, with ASCII characters before the @',
    ),
);

export const EmailSchema = lazySchema(() =>
  z
    .strictObject(
      {
        from: mailbox.optional(),
        replyTo: mailbox.optional(),
        subject: z.string().min(1).max(998),
        /** What mail programs show beside the subject; hidden in the message. */
        preheader: z.string().min(1).max(500).optional(),
        mjml: z.string().min(1).optional(),
        html: z.string().min(1).optional(),
        text: z.string().min(1).optional(),
      },
      expected('must be an email such as {"subject": "Hello", "html": "<p>Hello</p>"}'),
    )
    .refine(
      (email) => email.mjml !== undefined || email.html !== undefined || email.text !== undefined,
      'needs mjml, html or text',
    )
    .refine((email) => email.mjml === undefined || email.html === undefined, 'takes mjml or html, not both')
    .refine((email) => email.preheader === undefined || email.mjml !== undefined || email.html !== undefined, {
      path: ['preheader'],
      message: 'needs mjml or html: a text has no hidden part',
    }),
);
export type EmailContent = z.infer<typeof EmailSchema>;
