import * as z from 'zod';
import { MessageWasSchema } from '../../conditions/message-status.ts';
import { WhereSchema } from '../../conditions/schema.ts';
import { DurationSchema, durationMs } from '../../time/duration.ts';
import { isPersonal, UntilSchema, untilInstant } from '../until.ts';
import type { NodeType } from './node-type.ts';

const name = z.string().min(1).max(255);
const WaySchema = z.union(
  [
    z.strictObject({ message: name, was: MessageWasSchema, next: name }),
    z.strictObject({
      event: name,
      where: WhereSchema.optional(),
      as: name.optional(),
      since: name.optional(),
      next: name,
    }),
    z.strictObject({ tag: name, on: z.enum(['added', 'removed']), next: name }),
  ],
  { error: 'must be {"event", "next"}, {"message", "was", "next"} or {"tag", "on", "next"}' },
);
export type WaitForWay = z.infer<typeof WaySchema>;

const schema = z.strictObject({
  type: z.literal('wait-for'),
  timeout: z.union([DurationSchema, UntilSchema], { error: 'must be a duration or an `until`' }),
  onTimeout: name,
  /** From when on events count: `here` (leaving the previous stop), `entry` or a node. */
  since: name.optional(),
  for: z.array(WaySchema).min(1).max(20),
});
export type WaitFor = z.infer<typeof schema>;

export const waitFor: NodeType<WaitFor> = {
  schema,
  exits: (node) => [
    ...node.for.map((way, index) => ({ path: `/for/${index}/next`, node: way.next })),
    { path: '/onTimeout', node: node.onTimeout },
  ],
  rests: () => 'event',
  literalTimeout: (node) => (typeof node.timeout === 'string' ? node.timeout : undefined),
  async until(node, walk) {
    if (typeof node.timeout === 'string') return walk.at + durationMs(node.timeout);
    return untilInstant(node.timeout, walk.run.at, walk.at, isPersonal(node.timeout) ? await walk.world() : undefined);
  },
  leave(node, id, way, output, walk) {
    if (way.kind !== 'resolved') return node.onTimeout;
    const taken = node.for[way.index];
    if (taken === undefined) return node.onTimeout;
    if (output !== undefined) walk.store(('as' in taken ? taken.as : undefined) ?? id, output);
    return taken.next;
  },
};
