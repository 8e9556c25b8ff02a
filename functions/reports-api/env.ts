import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  /** This secret also signs the cursors of lists. */
  LINK_SECRET_ARN: z.string(),
  JOBS_QUEUE_URL: z.string(),
  METRICS_TABLE: z.string(),
  PROFILES_TABLE: z.string(),
  QUERY_FACTS_FUNCTION_NAME: z.string(),
  /** Whether anybody sends report mails: without e-mail, nobody. */
  REPORT_MAILS: z.enum(['yes', 'no']),
});
