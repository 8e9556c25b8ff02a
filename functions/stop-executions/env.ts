import * as z from 'zod';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = z.object({
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  ...SENDER_QUEUES_SHAPE,
  CATALOG_TABLE: z.string(),
  /** `arn:aws:states:<region>:<account>:stateMachine:` */
  STATE_MACHINE_ARN_PREFIX: z.string(),
  /** First part of a machine's name: `<prefix>-<journey>-v<n>`. */
  MACHINE_PREFIX: z.string(),
});
