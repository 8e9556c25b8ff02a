import * as z from 'zod';
import { MessageWasSchema } from '../../conditions/message-status.ts';
import { SameSchema } from '../../conditions/same.ts';
import { WhereSchema } from '../../conditions/schema.ts';
import { keyedUnion } from '../../definitions/keyed-union.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { missingExit, RestSchema, takesTime } from '../wait-until.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const name = z.string().min(1).max(255);
const wayShapes = () => ({
  message: z.strictObject({ message: name, was: MessageWasSchema, next: NextSchema }),
  event: z.strictObject({
    event: z.string('must be the name of one event').min(1).max(255),
    where: WhereSchema.optional(),
    same: SameSchema.optional(),
    as: name
      .refine((as) => !as.startsWith('@'), 'must not begin with "@"')
      .refine((as) => as !== '__proto__', 'is a reserved word')
      .optional(),
    since: name.optional(),
    next: NextSchema,
  }),
  tag: z.strictObject({ tag: name, on: z.enum(['added', 'removed']), next: NextSchema }),
});
type WayShapes = ReturnType<typeof wayShapes>;
export type WaitForWay = {
  [Kind in keyof WayShapes]: z.infer<WayShapes[Kind]>;
}[keyof WayShapes];
const WaySchema: z.ZodType<WaitForWay> = lazySchema(() =>
  keyedUnion<WaitForWay>(wayShapes(), 'a way such as {"event": "Order Completed", "next": "done"}', {
    refused: { segment: 'a segment cannot be waited for; a tag can' },
  }),
);
const WAYS = 'must be a list of ways, such as [{"event": "Order Completed", "next": "done"}]';

const schema = lazySchema(() =>
  z.strictObject({
    type: z.literal('wait-for'),
    timeout: RestSchema,
    onTimeout: NextSchema,
    /** From when on events count: `here` (since the previous stop), `entry` or a node. */
    since: name.optional(),
    for: z.array(WaySchema, WAYS).min(1, WAYS).max(20),
  }),
);
export type WaitFor = z.infer<typeof schema>;

/** A tag may be on already, and an event since the entry may have arrived already; everything else still has to happen. */
const needsNews = (way: WaitForWay, since: string | undefined): boolean =>
  !('tag' in way) && !('event' in way && (way.since ?? since) === 'entry');

function describeWay(way: WaitForWay): string {
  if ('message' in way) return `the message of ${way.message} was ${way.was}`;
  return 'tag' in way ? `the tag ${way.tag} is ${way.on}` : `the event ${way.event} has come`;
}

export const waitFor: NodeType<WaitFor> = {
  about: 'Rests until one of several things happens, or a time has passed.',
  schema,
  exits: (node) => [
    ...node.for.map((way, index) => ({
      path: `/for/${index}/next`,
      node: way.next,
      takesTime: needsNews(way, node.since),
      when: describeWay(way),
    })),
    {
      path: '/onTimeout',
      node: node.onTimeout,
      takesTime: takesTime(node.timeout),
      when: 'none of it has come in time',
      isTimeout: true,
    },
    ...missingExit(node.timeout, '/timeout'),
  ],
  rests: () => 'event',
  rest: (node) => node.timeout,
  leave(node, id, way, output, walk) {
    if (way.kind !== 'resolved') return node.onTimeout;
    const taken = node.for[way.index];
    if (taken === undefined) return node.onTimeout;
    if (output !== undefined) walk.store(('as' in taken ? taken.as : undefined) ?? id, output);
    return taken.next;
  },
};
