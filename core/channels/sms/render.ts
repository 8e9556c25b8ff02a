import * as z from 'zod';
import type { RenderTools } from '../channel.ts';
import { type SmsContent, SmsSettingsSchema } from './content.ts';
import { smsSegments } from './segments.ts';

export interface RenderedSms {
  text: string;
  /** How many messages the networks count it as. */
  segments: number;
}

const SettingsSchema = z.object({ sms: SmsSettingsSchema });

export function renderSms(sms: SmsContent, tools: RenderTools): RenderedSms {
  const { signature, optOut } = SettingsSchema.parse(tools.settings).sms;
  const body = tools.linkedText(sms.text);
  tools.requireSome({ text: body });
  const text = `${signature}${body}${tools.isMarketing ? optOut : ''}`;
  return { text, segments: smsSegments(text) };
}
