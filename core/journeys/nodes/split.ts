import * as z from 'zod';
import { lazySchema } from '../../lazy-schema.ts';
import { byWeight, shareOf } from '../../shares.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const WAYS = 'must be a list of ways, such as [{"name": "a", "weight": 50, "next": "done"}, …]';

const schema = lazySchema(() =>
  z.strictObject({
    type: z.literal('split'),
    ways: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          weight: z.number().min(0),
          holdout: z.boolean().optional(),
          next: NextSchema,
        }),
        WAYS,
      )
      .min(2, 'must have at least 2 ways')
      .max(20)
      .refine((ways) => ways.some((way) => way.weight > 0), 'needs a way with a weight')
      .refine((ways) => new Set(ways.map((way) => way.name)).size === ways.length, 'names its ways differently'),
  }),
);
type Node = z.infer<typeof schema>;

export const split: NodeType<Node> = {
  about: 'Divides customers by weight, the same way each time for one customer and node.',
  schema,
  exits: (node) => node.ways.map((way, index) => ({ path: `/ways/${index}/next`, node: way.next })),
  async pass(node, id, { run }) {
    const way = byWeight(shareOf('split', run.journey, id, run.profile), node.ways);
    return { next: way?.next ?? '', way: way?.name };
  },
};
