import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  /** This secret also signs the cursors of lists. */
  LINK_SECRET_ARN: z.string(),
  PLAN_CAMPAIGN_FUNCTION_NAME: z.string(),
  PROFILES_TABLE: z.string(),
  METRICS_TABLE: z.string(),
  JOBS_QUEUE_URL: z.string(),
  CAMPAIGNS_QUEUE_URL: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
