import * as z from 'zod';
import { RunsEnvSchema } from '../../runtime/wiring/runs-env.ts';

export const EnvSchema = RunsEnvSchema.extend({
  /** `arn:aws:states:<region>:<account>:stateMachine:` */
  STATE_MACHINE_ARN_PREFIX: z.string(),
  /** First part of a machine's name: `<prefix>-<journey>-v<n>`. */
  MACHINE_PREFIX: z.string(),
});
