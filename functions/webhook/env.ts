import * as z from 'zod';

export const EnvSchema = z.object({
  RUNS_TABLE: z.string(),
  CATALOG_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  WEBHOOKS_QUEUE_URL: z.string(),
  WEBHOOK_SECRET_ARN: z.string(),
  /** `host:port` of receivers in the team's own network, separated by commas; all other private addresses are refused. */
  WEBHOOK_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((host) => host.trim().toLowerCase())
        .filter((host) => host !== ''),
    ),
});
