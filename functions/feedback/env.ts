import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';

export const EnvSchema = RulesEnvSchema.extend({
  PROFILES_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  METRICS_NAMESPACE: z.string(),
});
