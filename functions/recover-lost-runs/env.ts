import * as z from 'zod';

export const EnvSchema = z.object({
  RUNS_TABLE: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  MACHINE_PREFIX: z.string(),
});
