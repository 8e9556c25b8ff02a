import * as z from 'zod';
import { expected } from '../../expected.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { durationWithin } from '../../time/duration.ts';
import type { Doubt, Surroundings } from '../channel.ts';

export const SmsSchema = z.strictObject(
  { text: z.string().min(1).max(2_000) },
  expected('must be an SMS such as {"text": "Hello"}'),
);
export type SmsContent = z.infer<typeof SmsSchema>;

/** Signature and opt-out text are part of every SMS, of which 10 segments of 67 characters are the most. */
const MAX_ADDED_CHARACTERS = 200;

export const SmsSettingsSchema = lazySchema(() =>
  z
    .strictObject({
      /** Text before each SMS; empty: none. */
      signature: z.string().max(MAX_ADDED_CHARACTERS).default(''),
      /** Text after each marketing SMS; empty: none. */
      optOut: z.string().max(MAX_ADDED_CHARACTERS).default(''),
      /** An SMS that would cost more US dollars is not sent; absent: no limit but the account's. */
      maxPrice: z
        .string()
        .regex(
          /^\d{0,2}\.\d{1,5}$/,
          'must be US dollars such as "0.05": at most two digits, a point, at most five digits',
        )
        .optional(),
      /** How long networks try to deliver an SMS, at most as long as the message is valid; absent: as long as that, or 72 hours. */
      timeToLive: durationWithin('5s', '72h').optional(),
    })
    .prefault({}),
);

/** Chinese networks refuse an SMS without the sender's name in 【】, and marketing without a way to opt out. */
export function smsDoubts({ text }: SmsContent, { isMarketing, settings, country }: Surroundings): Doubt[] {
  if (country !== 'CN') return [];
  const { signature, optOut } = z.object({ sms: SmsSettingsSchema }).parse(settings).sms;
  const missing = [
    ...(/【.+】/.test(signature + text) ? [] : ['the name of the sender in 【】 (sms.signature of the settings)']),
    ...(!isMarketing || /退订|退訂|拒收/.test(text + optOut) ? [] : ['a text to opt out (sms.optOut of the settings)']),
  ];
  return missing.length === 0
    ? []
    : [{ field: 'text', message: `Chinese networks may refuse it: it would lack ${missing.join(' and ')}` }];
}
