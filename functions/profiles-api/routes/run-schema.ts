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
  /** Of one that is closed: how it came to be. */
  reason: z.enum(['ended', 'exited', 'archived', 'erased', 'merged']).optional(),
  /** What can come next, what for, and when by itself; of one that is closed, nothing. */
  next: z.array(z.object({ node: z.string(), why: z.string(), at: z.string().optional() })),
  /** Nodes that could not do what they say, such as a wait whose date is missing. */
  warnings: z.array(z.object({ node: z.string(), message: z.string() })).optional(),
});
export type RunView = z.input<typeof RunSchema>;
