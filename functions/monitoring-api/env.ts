import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  /** This secret also signs the cursors of lists. */
  LINK_SECRET_ARN: z.string(),
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  METRICS_TABLE: z.string(),
  /** Frozen audiences. */
  OBJECTS_BUCKET: z.string(),
});
