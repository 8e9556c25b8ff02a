import * as z from 'zod';
import { ProfilesEnvSchema } from '../../runtime/wiring/profiles-env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = ProfilesEnvSchema.extend({
  MESSAGES_TABLE: z.string(),
  JOBS_QUEUE_URL: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
