import * as z from 'zod';
import { lazySchema } from '../../lazy-schema.ts';
import { DurationSchema } from '../../time/duration.ts';
import { missingExit, type Rest, takesTime, UntilSchema } from '../wait-until.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const schema = lazySchema(() =>
  z
    .strictObject({
      type: z.literal('wait'),
      for: DurationSchema.optional(),
      until: UntilSchema.optional(),
      next: NextSchema,
    })
    .refine(
      (node) => (node.for === undefined) !== (node.until === undefined),
      'needs either for ("24h") or until ({"time": "10:00"})',
    ),
);
type Node = z.infer<typeof schema>;

/** The schema allows exactly one of the two. */
const restOf = (node: Node): Rest => node.for ?? node.until ?? '0s';

export const wait: NodeType<Node> = {
  about: 'Rests for a duration or until an instant.',
  schema,
  exits: (node) => [
    { path: '/next', node: node.next, takesTime: takesTime(restOf(node)), when: 'its wait is over', isTimeout: true },
    ...missingExit(node.until, '/until'),
  ],
  rests: () => 'clock',
  leave: (node) => node.next,
  rest: restOf,
};
