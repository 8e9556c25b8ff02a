import * as z from 'zod';
import { SenderEnvSchema } from '../shared/sending/env.ts';

export const EnvSchema = SenderEnvSchema.extend({ EMAIL_FROM: z.string(), EMAIL_CONFIGURATION_SET: z.string() });
