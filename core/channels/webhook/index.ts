import * as z from 'zod';
import { secretsIn } from '../../http/receiver.ts';
import type { ChannelKind } from '../channel.ts';
import { WebhookSchema } from './content.ts';
import { renderWebhook } from './render.ts';
import { targetIn, WEBHOOK_SETTINGS, type WebhookTarget } from './settings.ts';

/** Posts each message to one place, which hands it on to whatever the customer uses. Not the node of the same name, which asks and waits for an answer. */
export const webhook = {
  label: { en: 'Other channels', 'zh-Hans': '其他渠道', 'zh-Hant': '其他管道' },
  content: WebhookSchema,
  rendered: { body: z.record(z.string(), z.unknown()) },
  settings: WEBHOOK_SETTINGS,
  secrets: (settings) =>
    secretsIn(targetIn(settings)?.headers).map(({ path, secret }) => ({
      path: `/webhookChannel/headers${path}`,
      secret,
    })),
  address: {
    shape: 'none',
    normalise: (value) => value,
    isSearchable: false,
    isExclusive: false,
    acceptsStopReplies: false,
    target: (_usable, settings): WebhookTarget | undefined => targetIn(settings),
  },
  receipts: 'none',
  reports: ['clicked', 'unsubscribed'],
  render: renderWebhook,
} as const satisfies ChannelKind;
