import * as z from 'zod';
import type { ChannelKind } from '../channel.ts';
import { mergedTokens, PLATFORMS, type PushAddress, withDevice } from './address.ts';
import { PushSchema } from './content.ts';
import { renderPush } from './render.ts';

export const push = {
  label: { en: 'App notifications', 'zh-Hans': '应用推送', 'zh-Hant': 'App 推播通知' },
  preference: 1,
  content: PushSchema,
  rendered: { title: z.string(), body: z.string(), link: z.string() },
  address: {
    shape: 'many',
    fromContext: withDevice,
    merge: mergedTokens,
    synthetic: (at: number): PushAddress => ({ value: 'simulated-device', platform: 'ios', status: 'ok', at }),
    fields: { platform: z.enum(PLATFORMS).default('ios') },
    normalise: (value) => value.trim(),
    isSearchable: false,
    isExclusive: true,
    acceptsStopReplies: false,
    target: (usable: PushAddress[]): { tokens: { value: string; platform: string }[] } => ({
      tokens: usable.map(({ value, platform }) => ({ value, platform })),
    }),
  },
  receipts: 'app',
  reports: ['opened', 'clicked', 'unsubscribed'],
  render: renderPush,
} as const satisfies ChannelKind;
