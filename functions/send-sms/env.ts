import * as z from 'zod';
import { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';

export const EnvSchema = SenderEnvSchema.extend({
  SMS_ORIGINATION_IDENTITY: z.string(),
  SMS_CONFIGURATION_SET: z.string(),
});
