import * as z from 'zod';

export const EnvSchema = z.object({
  CATALOG_TABLE: z.string(),
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
});
