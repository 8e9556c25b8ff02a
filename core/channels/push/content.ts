import * as z from 'zod';
import { expected } from '../../expected.ts';

const text = z.string().min(1);

export const PushSchema = z.strictObject(
  { title: text.max(500), body: text.max(2_000), link: text.max(2_000).optional() },
  expected('must be a push message such as {"title": "Hello", "body": "…"}'),
);
export type PushContent = z.infer<typeof PushSchema>;
