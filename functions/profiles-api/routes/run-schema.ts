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
  /** Only of a closed run: why it was closed. */
  reason: z.enum(['ended', 'exited', 'archived', 'erased', 'merged']).optional(),
  /** Possible next nodes, why each would come next, and when the run goes there by itself. Empty if the run is closed. */
  next: z.array(z.object({ node: z.string(), why: z.string(), at: z.string().optional() })),
  /** Warnings of nodes that could not do their work, such as a wait without a date. */
  warnings: z.array(z.object({ node: z.string(), message: z.string() })).optional(),
});
export type RunView = z.input<typeof RunSchema>;
