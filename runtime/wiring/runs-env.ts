import * as z from 'zod';
import { RulesEnvSchema } from '../rules-env.ts';
import { SENDER_QUEUES_SHAPE } from './sender-queues-env.ts';

/** Variables of the functions that take runs from stop to stop. */
export const RunsEnvSchema = RulesEnvSchema.extend({
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  WEBHOOKS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
