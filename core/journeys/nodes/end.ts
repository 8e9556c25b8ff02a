import * as z from 'zod';
import { lazySchema } from '../../lazy-schema.ts';
import type { NodeType } from './node-type.ts';

const schema = lazySchema(() =>
  z.strictObject({ type: z.literal('end'), outcome: z.string().min(1).max(63).optional() }),
);
type Node = z.infer<typeof schema>;

export const end: NodeType<Node> = {
  about: 'Ends the run with an outcome.',
  schema,
  exits: () => [],
  async pass(node) {
    return { end: node };
  },
};
