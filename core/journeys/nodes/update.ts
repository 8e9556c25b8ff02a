import * as z from 'zod';
import { lazySchema } from '../../lazy-schema.ts';
import { renderRecord, textsIn } from '../render-strings.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const tags = z.array(z.string().min(1).max(63), 'must be a list of tags, such as ["vip"]').max(50).optional();
const schema = lazySchema(() =>
  z
    .strictObject({
      type: z.literal('update'),
      traits: z.record(z.string(), z.unknown()).optional(),
      addTags: tags,
      removeTags: tags,
      next: NextSchema,
    })
    .refine(
      (node) => node.traits !== undefined || node.addTags !== undefined || node.removeTags !== undefined,
      'needs traits, addTags or removeTags',
    ),
);
type Node = z.infer<typeof schema>;

export const update: NodeType<Node> = {
  about: 'Sets traits, and adds and removes tags.',
  schema,
  exits: (node) => [{ path: '/next', node: node.next }],
  texts: (node) => textsIn({ traits: node.traits }),
  async pass(node, id, walk) {
    const traits = node.traits && (await renderRecord(node.traits, walk.renderValue));
    walk.act({ kind: 'update', node: id, traits, addTags: node.addTags, removeTags: node.removeTags });
    return { next: node.next };
  },
};
