import * as z from 'zod';
import { SenderEnvSchema } from '../shared/sending/env.ts';

export const EnvSchema = SenderEnvSchema.extend({
  SMS_ORIGINATION_IDENTITY: z.string(),
  SMS_CONFIGURATION_SET: z.string(),
});
