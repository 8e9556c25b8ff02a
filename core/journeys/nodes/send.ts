import * as z from 'zod';
import { ChannelSchema } from '../../channels/registry.ts';
import { CapSchema } from '../../definitions/caps.ts';
import { WindowSchema } from '../../definitions/window.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const CHANNELS = 'must be a list of channels in the order to try, such as ["push", "sms"]';

const schema = lazySchema(() =>
  z.strictObject({
    type: z.literal('send'),
    template: z.string('must be the id of a template').min(1),
    /** Channels in order; absent: the customer's preference, else the settings'. */
    channels: z.array(ChannelSchema, CHANNELS).min(1, CHANNELS).optional(),
    window: WindowSchema.optional(),
    caps: z.array(CapSchema).max(20).optional(),
    next: NextSchema,
  }),
);
type Node = z.infer<typeof schema>;

export const send: NodeType<Node> = {
  about: 'Sends a template to the customer on the first channel that they can be reached on.',
  schema,
  exits: (node) => [{ path: '/next', node: node.next }],
  async pass(node, id, walk) {
    const message = walk.run.visits[id]?.message;
    if (message === undefined) throw new Error(`the visit of ${id} names no message`);
    walk.act({ kind: 'send', node: id, message });
    return { next: node.next };
  },
  /** Only for a run that rested here while its message was held. */
  leave: (node) => node.next,
};
