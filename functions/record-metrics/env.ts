import * as z from 'zod';

export const EnvSchema = z.object({ METRICS_TABLE: z.string(), FACTS_QUEUE_URL: z.string() });
