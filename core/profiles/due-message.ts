import * as z from 'zod';

/** Body of a message on `due`: something of this profile may be due; the consumer looks whether it still is. */
export const DueMessageSchema = z.object({
  profile: z.string(),
  at: z.number(),
  /** Evaluate it anew though nothing is due: rules have changed. */
  touch: z.boolean().optional(),
});
export type DueMessage = z.infer<typeof DueMessageSchema>;
