import * as z from 'zod';
import { expected } from '../../expected.ts';

const text = z.string().min(1);

export const EmailSchema = z
  .strictObject(
    { subject: text.max(998), mjml: text.optional(), html: text.optional(), text: text.optional() },
    expected('must be an email such as {"subject": "Hello", "html": "<p>Hello</p>"}'),
  )
  .refine(
    (email) => email.mjml !== undefined || email.html !== undefined || email.text !== undefined,
    'needs mjml, html or text',
  )
  .refine((email) => email.mjml === undefined || email.html === undefined, 'takes mjml or html, not both');
export type EmailContent = z.infer<typeof EmailSchema>;
