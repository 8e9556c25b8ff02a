import * as z from 'zod';
import { rendered } from '../rendered.ts';
import type { NodeType } from './node-type.ts';

const tags = z.array(z.string().min(1)).max(50).optional();
const schema = z
  .strictObject({
    type: z.literal('update'),
    traits: z.record(z.string(), z.unknown()).optional(),
    addTags: tags,
    removeTags: tags,
    next: z.string(),
  })
  .refine(
    (node) => node.traits !== undefined || node.addTags !== undefined || node.removeTags !== undefined,
    'needs traits, addTags or removeTags',
  );
type Node = z.infer<typeof schema>;

export const update: NodeType<Node> = {
  schema,
  exits: (node) => [{ path: '/next', node: node.next }],
  async pass(node, id, walk) {
    // A record stays one.
    const traits =
      node.traits === undefined ? undefined : ((await rendered(node.traits, walk.render)) as Record<string, unknown>);
    walk.act({ kind: 'update', node: id, traits, addTags: node.addTags, removeTags: node.removeTags });
    return { next: node.next };
  },
};
