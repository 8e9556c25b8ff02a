import * as z from 'zod';

export const EnvSchema = z.object({
  CATALOG_TABLE: z.string(),
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  METRICS_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  DUE_QUEUE_URL: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  TIDY_QUEUE_URL: z.string(),
  FACTS_QUEUE_URL: z.string(),
  JOBS_QUEUE_URL: z.string(),
  SEND_EMAIL_NOW_QUEUE_URL: z.string(),
  SEND_SMS_NOW_QUEUE_URL: z.string(),
  SEND_PUSH_NOW_QUEUE_URL: z.string(),
  /** Role that the journeys' state machines run as. */
  JOURNEYS_ROLE_ARN: z.string(),
  STEP_FUNCTION_ARN: z.string(),
  ARM_FUNCTION_ARN: z.string(),
  /** First part of a machine's name: `<prefix>-<journey>-v<n>`. */
  MACHINE_PREFIX: z.string(),
  /** `arn:aws:states:<region>:<account>:stateMachine:` */
  STATE_MACHINE_ARN_PREFIX: z.string(),
  MJML_FUNCTION_NAME: z.string(),
  /** Claim of the token that holds the caller's roles. */
  ROLES_CLAIM: z.string().default('cognito:groups'),
});
