import * as z from 'zod';

/** A run as the API shows it. `since`: when it came to rest at `node`, or was closed. */
export const RunSchema = z.object({
  journey: z.string(),
  run: z.string(),
  profileId: z.string(),
  version: z.number().int(),
  key: z.string(),
  status: z.enum(['entering', 'open', 'parked', 'closed']),
  node: z.string().optional(),
  since: z.string(),
  outcome: z.string().optional(),
});
export type RunView = z.input<typeof RunSchema>;
