import * as z from 'zod';
import { HttpEnv } from '../shared/http/env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  METRICS_TABLE: z.string(),
  JOBS_QUEUE_URL: z.string(),
  MJML_FUNCTION_NAME: z.string(),
});
