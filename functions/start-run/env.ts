import * as z from 'zod';
import { EnvSchema as StepEnvSchema } from '../advance-run/env.ts';

export const EnvSchema = StepEnvSchema.extend({
  /** `arn:aws:states:<region>:<account>:stateMachine:` */
  STATE_MACHINE_ARN_PREFIX: z.string(),
  /** First part of a machine's name: `<prefix>-<journey>-v<n>`. */
  MACHINE_PREFIX: z.string(),
});
