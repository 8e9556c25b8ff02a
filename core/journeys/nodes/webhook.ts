import * as z from 'zod';
import { textsIn } from '../rendered.ts';
import type { NodeType } from './node-type.ts';

const schema = z.strictObject({
  type: z.literal('webhook'),
  url: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
  body: z.record(z.string(), z.unknown()).optional(),
  next: z.string(),
  onError: z.string().optional(),
});
type Node = z.infer<typeof schema>;

/** Refused at `submit` until there is a function that calls out (signed, and safe against SSRF). */
export const webhook: NodeType<Node> = {
  schema,
  exits: (node) => [
    { path: '/next', node: node.next },
    ...(node.onError === undefined ? [] : [{ path: '/onError', node: node.onError }]),
  ],
  texts: (node) => textsIn({ url: node.url, body: node.body }),
  async pass(_node, id) {
    throw new Error(`${id}: webhooks cannot be called yet`);
  },
};
