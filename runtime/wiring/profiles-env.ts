import * as z from 'zod';
import { RulesEnvSchema } from '../rules-env.ts';

/** Tables and queues of the functions that change profiles. */
export const PROFILES_SHAPE = {
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  DUE_QUEUE_URL: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  STOP_EXECUTIONS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
};

export const ProfilesEnvSchema = RulesEnvSchema.extend(PROFILES_SHAPE);
