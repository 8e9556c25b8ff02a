import type * as z from 'zod';
import { byChannel } from '../../channels/registry.ts';
import { chosenUnion } from '../../definitions/keyed-union.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { branch } from './branch.ts';
import { coupon } from './coupon.ts';
import { end } from './end.ts';
import { journey } from './journey.ts';
import type { NodeType } from './node-type.ts';
import { send } from './send.ts';
import { split } from './split.ts';
import { task } from './task.ts';
import { update } from './update.ts';
import { wait } from './wait.ts';
import { waitFor } from './wait-for.ts';
import { webhook } from './webhook.ts';

/** Node type → its implementation. Add a new type here. */
export const NODES = {
  send,
  wait,
  'wait-for': waitFor,
  branch,
  split,
  coupon,
  update,
  task,
  webhook,
  journey,
  end,
} as const;

type Registry = typeof NODES;
export type NodeTypeName = keyof Registry;
/** Any node; `type` says which. */
export type JourneyNode = { [Name in NodeTypeName]: z.infer<Registry[Name]['schema']> }[NodeTypeName];

/** Returns the implementation of a node's type. The node is of that type, which the compiler cannot follow through the table. */
export const typeOf = (node: JourneyNode): NodeType<JourneyNode> =>
  NODES[node.type] as unknown as NodeType<JourneyNode>;

const names = Object.keys(NODES);
const schemas = (): z.ZodType<JourneyNode>[] =>
  Object.entries(NODES).map(([title, { schema, about }]) => schema.meta({ title, description: about }));

/** Names that other systems use for these types. */
const OTHER_NAMES: ReadonlyMap<string, NodeTypeName> = new Map(
  Object.entries<NodeTypeName>({
    ...byChannel((): NodeTypeName => 'send'),
    'ab-test': 'split',
    'action-path': 'wait-for',
    'audience-path': 'branch',
    'audience-split': 'branch',
    'canvas-entry': 'journey',
    condition: 'branch',
    conditional: 'branch',
    'conditional-split': 'branch',
    decision: 'branch',
    'decision-split': 'branch',
    delay: 'wait',
    event: 'wait-for',
    exit: 'end',
    experiment: 'split',
    'experiment-path': 'split',
    holdout: 'split',
    'http-request': 'webhook',
    message: 'send',
    'multi-split': 'branch',
    'multivariate-split': 'branch',
    'random-cohort': 'split',
    'random-split': 'split',
    stop: 'end',
    'time-delay': 'wait',
    'true-false-branch': 'branch',
    'update-profile': 'update',
    'user-update': 'update',
    'wait-until': 'wait-for',
    'yes-no-split': 'branch',
    // Their own in capitals, and one that is a channel's name as well.
    ...(Object.fromEntries(names.map((name) => [name, name])) as Record<NodeTypeName, NodeTypeName>), // its own keys
  }),
);

/** Parses a node by its type's own schema, so that each fault has its own path. In JSON Schema it is a union of all types. */
export const NodeSchema: z.ZodType<JourneyNode> = lazySchema(() =>
  chosenUnion<JourneyNode>(schemas(), (value) => {
    const type: unknown = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
    if (typeof type === 'string' && Object.hasOwn(NODES, type)) return NODES[type as NodeTypeName].schema;
    const meant = typeof type === 'string' ? OTHER_NAMES.get(type.toLowerCase().replace(/[ _]/g, '-')) : undefined;
    const question = meant === undefined ? '' : `; did you mean ${meant}?`;
    return { path: ['type'], message: `must be one of ${names.join(', ')}${question}` };
  }),
).meta({ id: 'JourneyNode' });
