import * as z from 'zod';
import type { Components, Json } from './components.ts';

export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z
    .array(z.object({ path: z.string().describe('JSON pointer into what was sent'), message: z.string() }))
    .optional(),
  references: z.array(z.object({ kind: z.string(), id: z.string() })).optional(),
  code: z.string().optional().describe('Ingestion only: as Segment’s API words its errors'),
  message: z.string().optional().describe('Ingestion only: as Segment’s API words its errors'),
});

/** A response that is a problem. */
export const problem = (components: Components, description = 'Any other problem'): Json => ({
  description,
  content: { 'application/problem+json': { schema: components.ref('Problem') } },
});
