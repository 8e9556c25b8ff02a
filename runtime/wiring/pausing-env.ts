import * as z from 'zod';
import { RulesEnvSchema } from '../rules-env.ts';

export const PausingEnvSchema = RulesEnvSchema.extend({ ALERTS_TOPIC_ARN: z.string() });
