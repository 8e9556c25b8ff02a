import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';

/** Body of a message on `due`: something of this profile may be due, which the consumer checks again. */
export const DueMessageSchema = lazySchema(() =>
  z.object({
    profile: z.string(),
    at: z.number(),
    /** Evaluate it again although nothing is due, because rules have changed. */
    touch: z.boolean().optional(),
  }),
);
export type DueMessage = z.infer<typeof DueMessageSchema>;
