import * as z from 'zod';
import { RulesEnvSchema } from '../rules-env.ts';

/** Variables of functions that record receipts of messages. */
export const ReceiptsEnvSchema = RulesEnvSchema.extend({
  PROFILES_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  METRICS_NAMESPACE: z.string(),
});
