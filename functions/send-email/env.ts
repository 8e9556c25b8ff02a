import * as z from 'zod';
import { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';

export const EnvSchema = SenderEnvSchema.extend({ EMAIL_FROM: z.string(), EMAIL_CONFIGURATION_SET: z.string() });
