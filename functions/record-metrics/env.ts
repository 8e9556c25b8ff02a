import * as z from 'zod';

export const EnvSchema = z.object({
  METRICS_TABLE: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  METRICS_NAMESPACE: z.string(),
});
