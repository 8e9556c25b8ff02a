import * as z from 'zod';
import { RulesEnvSchema } from '../rules-env.ts';
import { SENDER_QUEUES_SHAPE } from './sender-queues-env.ts';

/** Variables of the senders of all channels. */
export const SenderEnvSchema = RulesEnvSchema.extend({
  PROFILES_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  MESSAGES_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  ENROLMENTS_QUEUE_URL: z.string(),
  METRIC_EVENTS_QUEUE_URL: z.string(),
  METRICS_NAMESPACE: z.string(),
  /** A message whose channel is another's is forwarded to that queue. */
  ...SENDER_QUEUES_SHAPE,
  /** Channels of this deployment, separated by commas. */
  CHANNELS: z.string().transform((text) => text.split(',')),
  /** Secret that signs the tokens of unsubscribe pages and counted links. */
  LINK_SECRET_ARN: z.string(),
  /** Origin of `/u` and `/c`. */
  PUBLIC_URL: z.string(),
});
