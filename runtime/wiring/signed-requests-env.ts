import * as z from 'zod';

/** Variables of the functions that call URLs which people entered. */
export const SIGNED_REQUESTS_SHAPE = {
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
};
