import * as z from 'zod';
import { expected } from '../../expected.ts';
import { type Headers, HeadersSchema, METHODS, ReceiverUrlSchema } from '../../http/receiver.ts';
import { lazySchema } from '../../lazy-schema.ts';

/** A message has a body, which goes with no GET. */
const BODY_METHODS = METHODS.filter((method) => method !== 'GET');

const isLiquid = (text: string): boolean => /\{[{%]/.test(text);
const NO_LIQUID = 'must not be Liquid: all messages go to the same place';

/** The one place that all messages of the channel are sent to. */
const WebhookSettingsSchema = lazySchema(() =>
  z.strictObject(
    {
      url: ReceiverUrlSchema.refine((url) => !isLiquid(url), NO_LIQUID),
      /** Absent: POST. */
      method: z.enum(BODY_METHODS).optional(),
      headers: HeadersSchema.superRefine((headers, context) => {
        for (const [name, value] of Object.entries(headers))
          if (typeof value === 'string' && isLiquid(value))
            context.addIssue({ code: 'custom', path: [name], message: NO_LIQUID });
      }).optional(),
    },
    expected('must be the place that messages go to, such as {"url": "https://example.com/messages"}'),
  ),
);

export const WEBHOOK_SETTINGS = { webhookChannel: WebhookSettingsSchema.optional() };
const SettingsSchema = z.object(WEBHOOK_SETTINGS);

export interface WebhookTarget {
  url: string;
  method: (typeof BODY_METHODS)[number];
  headers: Headers;
}

/** Where messages go; undefined: the settings name no place. */
export function targetIn(settings: unknown): WebhookTarget | undefined {
  const { webhookChannel: place } = SettingsSchema.parse(settings);
  return place && { url: place.url, method: place.method ?? 'POST', headers: place.headers ?? {} };
}
