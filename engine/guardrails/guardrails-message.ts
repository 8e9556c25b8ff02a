import * as z from 'zod';

/** Body of a message on `guardrails`: the names of scopes whose cohorts have changed. */
export const GuardrailsMessageSchema = z.object({ scopes: z.array(z.string()) });
export type GuardrailsMessage = z.infer<typeof GuardrailsMessageSchema>;
