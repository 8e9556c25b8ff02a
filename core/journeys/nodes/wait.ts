import * as z from 'zod';
import { DurationSchema } from '../../time/duration.ts';
import { missingExit, type Rest, takesTime, UntilSchema } from '../until.ts';
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

/** The schema lets exactly one of the two through. */
const restOf = (node: Node): Rest => node.for ?? node.until ?? '0s';

export const wait: NodeType<Node> = {
  schema,
  exits: (node) => [
    { path: '/next', node: node.next, takesTime: takesTime(restOf(node)), when: 'its wait is over', isTimeout: true },
    ...missingExit(node.until, '/until'),
  ],
  rests: () => 'clock',
  leave: (node) => node.next,
  rest: restOf,
};
