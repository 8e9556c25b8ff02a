import * as z from 'zod';
import { hashId } from '../../ids.ts';
import { lazySchema } from '../../lazy-schema.ts';
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

/** Returns a share, 0 ≤ share < 1, always the same for one profile and node, evenly distributed over profiles. */
function shareOf(...parts: string[]): number {
  const digits = 'abcdefghijklmnopqrstuvwxyz234567';
  return [...hashId(...parts).slice(0, 10)].reduce(
    (share, digit, index) => share + digits.indexOf(digit) / 32 ** (index + 1),
    0,
  );
}

export const split: NodeType<Node> = {
  about: 'Divides customers by weight, the same way each time for one customer and node.',
  schema,
  exits: (node) => node.ways.map((way, index) => ({ path: `/ways/${index}/next`, node: way.next })),
  async pass(node, id, { run }) {
    const total = node.ways.reduce((sum, way) => sum + way.weight, 0);
    let left = shareOf('split', run.journey, id, run.profile) * total;
    for (const way of node.ways) {
      if (left < way.weight) return { next: way.next, way: way.name };
      left -= way.weight;
    }
    // Rounding errors: take the last way with a weight.
    const last = node.ways.findLast((way) => way.weight > 0);
    return { next: last?.next ?? '', way: last?.name };
  },
};
