import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = RulesEnvSchema.extend({
  METRICS_TABLE: z.string(),
  ALERTS_TOPIC_ARN: z.string(),
  OBJECTS_BUCKET: z.string(),
  JOBS_QUEUE_URL: z.string(),
  CAMPAIGNS_QUEUE_URL: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
