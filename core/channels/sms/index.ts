import * as z from 'zod';
import { stripInvisible } from '../../strip-invisible.ts';
import type { ChannelKind } from '../channel.ts';
import { SmsSchema, SmsSettingsSchema, smsDoubts } from './content.ts';
import { countryOfNumber } from './number-country.ts';
import { type RenderedSms, renderSms } from './render.ts';

export const sms = {
  label: { en: 'SMS', 'zh-Hans': '短信', 'zh-Hant': '簡訊' },
  preference: 2,
  floors: [{ country: 'CN', hours: [['08:00', '22:00']] }],
  content: SmsSchema,
  doubts: smsDoubts,
  rendered: { text: z.string(), encoding: z.enum(['gsm', 'ucs2']), segments: z.number().int() },
  settings: { sms: SmsSettingsSchema },
  address: {
    shape: 'one',
    trait: 'phone',
    // The country may come after the number, in the same call or later.
    dependsOnTraits: ['country'],
    normalise: stripInvisible,
    country: countryOfNumber,
    invalidReason: (value) => (/^\+\d{5,15}$/.test(value) ? undefined : 'is no phone number'),
    isSearchable: true,
    isExclusive: false,
    acceptsStopReplies: true,
    target: ([address]) => ({ address: address?.value ?? '' }),
  },
  receipts: 'provider',
  reports: ['delivered', 'clicked', 'bounced', 'unsubscribed'],
  render: renderSms,
  billedUnits: ({ segments }: RenderedSms) => segments,
} as const satisfies ChannelKind;
