import * as z from 'zod';
import { rendered } from '../rendered.ts';
import type { NodeType } from './node-type.ts';

const schema = z.strictObject({
  type: z.literal('journey'),
  journey: z.string().min(1),
  data: z.record(z.string(), z.unknown()).optional(),
  key: z.string().optional(),
  next: z.string(),
});
type Node = z.infer<typeof schema>;

/** Starts another journey for the same customer and goes on. */
export const journey: NodeType<Node> = {
  schema,
  exits: (node) => [{ path: '/next', node: node.next }],
  async pass(node, id, walk) {
    // A record stays one.
    const data = (await rendered(node.data ?? {}, walk.render)) as Record<string, unknown>;
    const key = node.key === undefined ? undefined : await walk.render(node.key);
    walk.act({ kind: 'trigger', node: id, journey: node.journey, key, data });
    return { next: node.next };
  },
};
