import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';

export const EnvSchema = RulesEnvSchema.extend({
  METRICS_TABLE: z.string(),
  OBJECTS_BUCKET: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  GUARDRAILS_QUEUE_URL: z.string(),
  METRICS_NAMESPACE: z.string(),
});
