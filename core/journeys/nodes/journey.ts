import * as z from 'zod';
import { lazySchema } from '../../lazy-schema.ts';
import { renderRecord, textsIn } from '../render-strings.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const schema = lazySchema(() =>
  z.strictObject({
    type: z.literal('journey'),
    journey: z.string('must be the id of a journey').min(1),
    data: z.record(z.string(), z.unknown()).optional(),
    key: z.string().optional(),
    next: NextSchema,
  }),
);
type Node = z.infer<typeof schema>;

/** Starts the pinned version of another journey for the same customer and goes on. */
export const journey: NodeType<Node> = {
  about: 'Starts another journey for the same customer, and goes on.',
  schema,
  exits: (node) => [{ path: '/next', node: node.next }],
  texts: (node) => textsIn({ data: node.data, key: node.key }),
  async pass(node, id, walk) {
    const data = await renderRecord(node.data ?? {}, walk.render);
    const key = node.key === undefined ? '' : await walk.render(node.key);
    const version = walk.pins.journeys[node.journey];
    // Without a key nobody enters.
    if (key !== undefined) walk.act({ kind: 'trigger', node: id, journey: node.journey, version, key, data });
    return { next: node.next };
  },
};
