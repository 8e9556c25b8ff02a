import * as z from 'zod';
import { expected } from '../../expected.ts';
import { lazySchema } from '../../lazy-schema.ts';

const MAX_DEPTH = 32;

function isTooDeep(body: object): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1)
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  return level.length > 0;
}

export const WebhookSchema = lazySchema(() =>
  z.strictObject(
    {
      body: z
        .record(z.string(), z.unknown())
        .refine((body) => Object.keys(body).length > 0, 'needs a field: it is all that the receiver gets')
        .refine((body) => !isTooDeep(body), `must not be nested more than ${MAX_DEPTH} deep`),
    },
    expected('must be a webhook such as {"body": {"text": "Hello"}}'),
  ),
);
export type WebhookContent = z.infer<typeof WebhookSchema>;
