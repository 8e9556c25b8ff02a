import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = RulesEnvSchema.extend({
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  DUE_QUEUE_URL: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  STOP_EXECUTIONS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  JOBS_QUEUE_URL: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
