import * as z from 'zod';

export const EnvSchema = z.object({
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  CATALOG_TABLE: z.string(),
  DUE_QUEUE_URL: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  JOBS_QUEUE_URL: z.string(),
  CAMPAIGNS_QUEUE_URL: z.string(),
  REPORT_MAILS_QUEUE_URL: z.string(),
});
