import { RulesEnvSchema } from '../shared/pointer-env.ts';
import * as z from 'zod';

export const EnvSchema = RulesEnvSchema.extend({ EVENTS_QUEUE_URL: z.string() });
