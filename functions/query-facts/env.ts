import * as z from 'zod';

export const EnvSchema = z.object({
  OBJECTS_BUCKET: z.string(),
  /** On the function's own disk. */
  FACTS_FOLDER: z.string(),
});
