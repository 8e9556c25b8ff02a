import * as z from 'zod';
import { lazySchema } from '../../lazy-schema.ts';
import { iso } from '../../time/instant.ts';
import { NEWEST_COUPON, resultOf } from '../run-data.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const schema = lazySchema(() =>
  z.strictObject({
    type: z.literal('coupon'),
    pool: z.string('must be the id of a coupon pool').min(1),
    next: NextSchema,
    onEmpty: NextSchema.optional(),
  }),
);
type Node = z.infer<typeof schema>;

/** Draws a code once for a run and node: a second visit returns the same code. */
export const coupon: NodeType<Node> = {
  about: 'Draws a code from a coupon pool, once for each run and node.',
  schema,
  exits: (node) => [
    { path: '/next', node: node.next },
    ...(node.onEmpty === undefined ? [] : [{ path: '/onEmpty', node: node.onEmpty }]),
  ],
  async pass(node, id, walk) {
    if (resultOf(walk.run.data, id) === undefined) {
      const drawn = await walk.draw(node.pool);
      if (drawn === undefined) return { next: node.onEmpty ?? node.next };
      const expires = drawn.expiresAt === undefined ? {} : { expiresAt: iso(drawn.expiresAt) };
      walk.store(id, { code: drawn.code, pool: node.pool, ...expires });
    }
    walk.store(NEWEST_COUPON, id);
    return { next: node.next };
  },
};
