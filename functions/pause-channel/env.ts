import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';

export const EnvSchema = RulesEnvSchema.extend({ ALERTS_TOPIC_ARN: z.string() });
