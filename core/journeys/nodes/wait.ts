import * as z from 'zod';
import { DurationSchema, durationMs } from '../../time/duration.ts';
import { isPersonal, UntilSchema, untilInstant } from '../until.ts';
import type { NodeType } from './node-type.ts';

const schema = z
  .strictObject({
    type: z.literal('wait'),
    for: DurationSchema.optional(),
    until: UntilSchema.optional(),
    next: z.string(),
  })
  .refine((node) => (node.for === undefined) !== (node.until === undefined), 'needs either for or until');
type Node = z.infer<typeof schema>;

export const wait: NodeType<Node> = {
  schema,
  exits: (node) => [{ path: '/next', node: node.next }],
  rests: () => 'clock',
  leave: (node) => node.next,
  async until(node, walk) {
    if (node.for !== undefined) return walk.at + durationMs(node.for);
    if (node.until === undefined) return walk.at;
    return untilInstant(node.until, walk.run.at, walk.at, isPersonal(node.until) ? await walk.world() : undefined);
  },
};
