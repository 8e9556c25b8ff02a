import * as z from 'zod';

/** Variables of functions that read the live rules: the Catalog, and how old the pointer's copy may be (5,000 on AWS; 0 in the embedded cloud). */
export const RulesEnvSchema = z.object({
  CATALOG_TABLE: z.string(),
  POINTER_MAX_AGE_MS: z.coerce.number().int().nonnegative(),
});
