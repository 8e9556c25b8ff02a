import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  RUN_SIMULATION_FUNCTION_NAME: z.string(),
});
