import * as z from 'zod';
import { RulesEnvSchema } from '../../runtime/rules-env.ts';

export const EnvSchema = RulesEnvSchema.extend({
  EVENTS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  PUBLIC_URL: z.url(),
});
