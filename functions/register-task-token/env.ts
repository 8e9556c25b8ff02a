import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';

export const EnvSchema = RulesEnvSchema.extend({
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
});
