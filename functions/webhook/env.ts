import * as z from 'zod';
import { SIGNED_REQUESTS_SHAPE } from '../../runtime/wiring/signed-requests-env.ts';

export const EnvSchema = z.object({
  RUNS_TABLE: z.string(),
  CATALOG_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  WEBHOOKS_QUEUE_URL: z.string(),
  ...SIGNED_REQUESTS_SHAPE,
});
