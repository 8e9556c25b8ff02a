import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  JOBS_QUEUE_URL: z.string(),
  /** Role that the journeys' state machines run as. */
  JOURNEYS_ROLE_ARN: z.string(),
  ADVANCE_RUN_FUNCTION_ARN: z.string(),
  REGISTER_TASK_TOKEN_FUNCTION_ARN: z.string(),
  /** First part of a machine's name: `<prefix>-<journey>-v<n>`. */
  MACHINE_PREFIX: z.string(),
  /** `arn:aws:states:<region>:<account>:stateMachine:` */
  STATE_MACHINE_ARN_PREFIX: z.string(),
  /** Whether executions of the state machines that it creates are traced. */
  TRACING: z.stringbool(),
});
