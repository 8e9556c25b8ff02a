import * as z from 'zod';

export const EnvSchema = z.object({
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  SEND_EMAIL_NOW_QUEUE_URL: z.string(),
  SEND_SMS_NOW_QUEUE_URL: z.string(),
  SEND_PUSH_NOW_QUEUE_URL: z.string(),
  CATALOG_TABLE: z.string(),
  /** `arn:aws:states:<region>:<account>:stateMachine:` */
  STATE_MACHINE_ARN_PREFIX: z.string(),
  /** First part of a machine's name: `<prefix>-<journey>-v<n>`. */
  MACHINE_PREFIX: z.string(),
});
