import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';
import { PROFILES_SHAPE } from '../../runtime/wiring/profiles-env.ts';
import { SENDER_QUEUES_SHAPE } from '../../runtime/wiring/sender-queues-env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  /** This secret also signs the cursors of lists. */
  LINK_SECRET_ARN: z.string(),
  ...PROFILES_SHAPE,
  MESSAGES_TABLE: z.string(),
  ...SENDER_QUEUES_SHAPE,
});
