import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  IMAGINE_FUNCTION_NAME: z.string(),
});
