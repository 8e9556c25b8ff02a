import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  METRICS_TABLE: z.string(),
  JOBS_QUEUE_URL: z.string(),
  CAMPAIGNS_QUEUE_URL: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
