import * as z from 'zod';

/** Body of a message on `due`: something of this profile may be due; the consumer looks whether it still is. */
export const DueMessageSchema = z.object({ profile: z.string(), at: z.number() });
export type DueMessage = z.infer<typeof DueMessageSchema>;
