import * as z from 'zod';
import { CONTENT_SHAPE } from '../channels/registry.ts';
import { BlocksSchema } from '../content/block.ts';
import { TopicIdSchema } from '../definitions/topic-id.ts';
import { UtmSchema } from '../definitions/utm.ts';
import { expected } from '../expected.ts';
import { lazySchema } from '../lazy-schema.ts';
import { canonicalLocale } from './locale.ts';

/** Content of a template, by channel. */
const ContentSchema = lazySchema(() =>
  z.strictObject(CONTENT_SHAPE, expected('must be content by channel, such as {"sms": {"text": "Hello"}}')),
);
export type Content = z.infer<typeof ContentSchema>;

/** `PUT /v1/templates/{id}`. */
export const TemplateSchema = lazySchema(() =>
  z.strictObject({
    class: z.enum(['marketing', 'transactional']),
    topic: TopicIdSchema.optional(),
    content: ContentSchema.refine((content) => Object.keys(content).length > 0, 'needs content for a channel'),
    /** Locale → the parts of the content that differ. */
    translations: z
      .record(
        z.string().min(2).max(35),
        ContentSchema,
        expected('must be an object of content by locale, such as {"en": {"sms": {"text": "Hello"}}}'),
      )
      .superRefine(refuseInvalidLocales)
      .optional(),
    /** Whether links are counted; absent: they are. */
    track: z.boolean().optional(),
    /** Added to counted links, each in the place of the settings' own. */
    utm: UtmSchema.optional(),
    /** Matched content, `blocks` of Liquid. */
    blocks: BlocksSchema.optional(),
  }),
);
export type TemplateDefinition = z.infer<typeof TemplateSchema>;

function refuseInvalidLocales(translations: Record<string, unknown>, context: z.RefinementCtx): void {
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
