import * as z from 'zod';
import { EMAIL_IDENTITIES_SHAPE } from '../../runtime/wiring/email-identities-env.ts';
import { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';

export const EnvSchema = SenderEnvSchema.extend({
  /** For a template that names no sender. */
  EMAIL_FROM: z.string(),
  EMAIL_SENDERS: EMAIL_IDENTITIES_SHAPE.EMAIL_SENDERS,
  EMAIL_CONFIGURATION_SET: z.string(),
});
