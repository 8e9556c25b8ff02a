import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';

/** A run as the API shows it. `since`: when it came to rest at `node`, or was closed. */
export const RunSchema = lazySchema(() =>
  z.object({
    journey: z.string(),
    run: z.string(),
    profileId: z.string(),
    version: z.number().int(),
    test: z.literal(true).optional().describe('somebody tests the journey: reports and caps leave it out'),
    key: z.string(),
    status: z
      .enum(['entering', 'open', 'parked', 'closed'])
      .describe('entering: it is about to start; parked: it waits for a resume, or to be started again'),
    node: z.string().optional().describe('where it rests, or rested last; "end" if it went to its end without a rest'),
    since: z.string(),
    outcome: z.string().optional(),
    reason: z
      .enum(['ended', 'exited', 'archived', 'erased', 'merged'])
      .optional()
      .describe('only of a closed run: why it was closed'),
    next: z
      .array(z.object({ node: z.string(), why: z.string(), at: z.string().optional() }))
      .describe('possible next nodes, why each would come next, and when the run goes there by itself'),
    warnings: z
      .array(z.object({ node: z.string(), message: z.string() }))
      .optional()
      .describe('of nodes that could not do their work, such as a wait without a date'),
  }),
);
export type RunView = z.input<typeof RunSchema>;
