import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';

/** Body of a message on `guardrails`: the names of scopes whose cohorts have changed. */
export const GuardrailsMessageSchema = lazySchema(() => z.object({ scopes: z.array(z.string()) }));
export type GuardrailsMessage = z.infer<typeof GuardrailsMessageSchema>;
