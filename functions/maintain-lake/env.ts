import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';

export const EnvSchema = z.object({
  ...RulesEnvSchema.shape,
  OBJECTS_BUCKET: z.string(),
  /** On the function's own disk. */
  FACTS_FOLDER: z.string(),
  METRICS_TABLE: z.string(),
  METRICS_NAMESPACE: z.string(),
});
