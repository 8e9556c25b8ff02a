import * as z from 'zod';

export const EnvSchema = z.object({
  OBJECTS_BUCKET: z.string(),
  /** On the function's own disk. */
  FACTS_FOLDER: z.string(),
  METRICS_TABLE: z.string(),
  METRICS_NAMESPACE: z.string(),
});
