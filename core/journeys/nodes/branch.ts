import * as z from 'zod';
import { evaluate } from '../../conditions/evaluate.ts';
import { type JourneyCondition, JourneyConditionSchema } from '../../conditions/schema.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const CASES = 'must be a list of cases, such as [{"if": {"tag": "vip"}, "next": "done"}]';

const schema = lazySchema(() =>
  z.strictObject({
    type: z.literal('branch'),
    cases: z
      .array(z.strictObject({ if: JourneyConditionSchema, next: NextSchema }), CASES)
      .min(1)
      .max(50),
    default: NextSchema,
  }),
);
type Node = z.infer<typeof schema>;

export const branch: NodeType<Node> = {
  about: 'Goes the way of the first case whose condition holds, else the default way.',
  schema,
  exits: (node) => [
    ...node.cases.map((one, index) => ({ path: `/cases/${index}/next`, node: one.next })),
    { path: '/default', node: node.default },
  ],
  conditions: (node) =>
    node.cases.map((one, index): { path: string; condition: JourneyCondition } => ({
      path: `/cases/${index}/if`,
      condition: one.if,
    })),
  async pass(node, _id, walk) {
    const context = await walk.context(...node.cases.map((one) => one.if));
    const index = node.cases.findIndex((one) => evaluate(one.if, context).is);
    const taken = node.cases[index];
    return taken === undefined ? { next: node.default, way: 'default' } : { next: taken.next, way: index };
  },
};
