import * as z from 'zod';
import { DEAD_LETTERS_SHAPE } from '../../runtime/wiring/dead-letters-env.ts';
import { ProfilesEnvSchema } from '../../runtime/wiring/profiles-env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = ProfilesEnvSchema.extend({
  MESSAGES_TABLE: z.string(),
  METRICS_TABLE: z.string(),
  METRICS_NAMESPACE: z.string(),
  OBJECTS_BUCKET: z.string(),
  QUERY_FACTS_FUNCTION_NAME: z.string(),
  CAMPAIGNS_QUEUE_URL: z.string(),
  MACHINE_PREFIX: z.string(),
  STATE_MACHINE_ARN_PREFIX: z.string(),
  ...DEAD_LETTERS_SHAPE,
  ...SENDER_QUEUES_SHAPE,
});
