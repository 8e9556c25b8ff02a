import * as z from 'zod';
import type { RenderTools } from '../channel.ts';
import { type SmsContent, SmsSettingsSchema } from './content.ts';
import { type SmsEncoding, smsSize } from './segments.ts';

export interface RenderedSms {
  text: string;
  /** One character outside GSM 03.38 makes it UCS-2, of which a part holds less than half as many. */
  encoding: SmsEncoding;
  /** How many messages the networks count it as. */
  segments: number;
}

/** End User Messaging's own limit, and what is still an SMS to those who pay for each part. */
const MAX_CHARACTERS = 1_600;
const MAX_SEGMENTS = 10;

const SettingsSchema = z.object({ sms: SmsSettingsSchema });

export function renderSms(sms: SmsContent, tools: RenderTools): RenderedSms {
  const { signature, optOut } = SettingsSchema.parse(tools.settings).sms;
  const body = tools.linkedText(sms.text);
  tools.requireSome({ text: body });
  const text = `${signature}${body}${tools.isMarketing ? optOut : ''}`;
  const size = smsSize(text);
  tools.requireAtMost(MAX_CHARACTERS, 'characters', { text: text.length });
  tools.requireAtMost(MAX_SEGMENTS, 'segments', { text: size.segments });
  return { text, ...size };
}
