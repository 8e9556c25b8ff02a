import * as z from 'zod';
import { ProfilesEnvSchema } from '../../runtime/wiring/profiles-env.ts';

export const EnvSchema = ProfilesEnvSchema.extend({ MESSAGES_TABLE: z.string(), METRICS_NAMESPACE: z.string() });
