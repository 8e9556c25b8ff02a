import * as z from 'zod';
import { expected } from '../../expected.ts';

export const SmsSchema = z.strictObject(
  { text: z.string().min(1).max(2_000) },
  expected('must be an SMS such as {"text": "Hello"}'),
);
export type SmsContent = z.infer<typeof SmsSchema>;

/** Text before and after each SMS; empty: none. */
export const SmsSettingsSchema = z
  .strictObject({ signature: z.string().default(''), optOut: z.string().default('') })
  .prefault({});
