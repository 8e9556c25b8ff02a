import * as z from 'zod';

export const EnvSchema = z.object({
  CATALOG_TABLE: z.string(),
  METRICS_TABLE: z.string(),
  QUERY_FACTS_FUNCTION_NAME: z.string(),
  EMAIL_FROM: z.string(),
});
