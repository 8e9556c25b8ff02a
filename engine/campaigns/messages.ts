import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';

const OccurrenceRefSchema = z.object({ campaign: z.string(), id: z.string() });

/** Body of a message on `campaigns`, which the queue may deliver again, and in any order. */
export const CampaignMessageSchema = lazySchema(() =>
  z.union([
    /** The time of a version's occurrence has come. `date`: its local date. */
    z.object({
      start: z.object({ campaign: z.string(), version: z.number(), at: z.number(), date: z.string().optional() }),
    }),
    /** All pages of its audience are there. */
    z.object({ frozen: OccurrenceRefSchema }),
    /** Some more of it is to be handed to senders. */
    z.object({ tick: OccurrenceRefSchema.extend({ epoch: z.number(), tick: z.number() }) }),
    /** The sample has had its time. */
    z.object({ decide: OccurrenceRefSchema.extend({ epoch: z.number() }) }),
  ]),
);
export type CampaignMessage = z.infer<typeof CampaignMessageSchema>;
