import * as z from 'zod';
import { expected } from '../expected.ts';
import { canonicalLocale } from './locale.ts';

const text = z.string().min(1);
const EmailSchema = z
  .strictObject(
    { subject: text.max(998), mjml: text.optional(), html: text.optional(), text: text.optional() },
    expected('must be an email such as {"subject": "Hello", "html": "<p>Hello</p>"}'),
  )
  .refine(
    (email) => email.mjml !== undefined || email.html !== undefined || email.text !== undefined,
    'needs mjml, html or text',
  )
  .refine((email) => email.mjml === undefined || email.html === undefined, 'takes mjml or html, not both');
const SmsSchema = z.strictObject({ text: text.max(2_000) }, expected('must be an SMS such as {"text": "Hello"}'));
const PushSchema = z.strictObject(
  { title: text.max(500), body: text.max(2_000), link: text.max(2_000).optional() },
  expected('must be a push message such as {"title": "Hello", "body": "…"}'),
);

/** Content of a template for each channel; add a new channel here. Every string is Liquid. */
const ContentSchema = z.strictObject(
  { email: EmailSchema.optional(), sms: SmsSchema.optional(), push: PushSchema.optional() },
  expected('must be content by channel, such as {"sms": {"text": "Hello"}}'),
);
export type Content = z.infer<typeof ContentSchema>;

/** `PUT /v1/templates/{id}`. */
export const TemplateSchema = z.strictObject({
  class: z.enum(['marketing', 'transactional']),
  topic: z.string().min(1).max(64).optional(),
  content: ContentSchema.refine((content) => Object.keys(content).length > 0, 'needs content for a channel'),
  /** Locale → the parts of the content that differ. */
  translations: z
    .record(
      z.string().min(2).max(35),
      ContentSchema,
      expected('must be an object of content by locale, such as {"en": {"sms": {"text": "Hello"}}}'),
    )
    .superRefine(refuseStrangeLocales)
    .optional(),
  /** Whether links are counted; absent: they are. */
  track: z.boolean().optional(),
});
export type TemplateDefinition = z.infer<typeof TemplateSchema>;

function refuseStrangeLocales(translations: Record<string, unknown>, context: z.RefinementCtx): void {
  const refuse = (locale: string, message: string) => context.addIssue({ code: 'custom', path: [locale], message });
  const seen = new Map<string, string>();
  for (const locale of Object.keys(translations)) {
    const name = canonicalLocale(locale);
    const other = name === undefined ? undefined : seen.get(name);
    if (name === undefined) refuse(locale, 'must be a locale, such as "en" or "zh-TW"');
    else if (other !== undefined) refuse(locale, `is the same locale as ${other}`);
    else seen.set(name, locale);
  }
}
