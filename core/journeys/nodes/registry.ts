import * as z from 'zod';
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

/** Type → its file. A new type is one line here. */
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
/** Any node; `type` tells which. */
export type JourneyNode = { [Name in NodeTypeName]: z.infer<Registry[Name]['schema']> }[NodeTypeName];

/** The file of a node's type. The node is of that type, which the compiler cannot follow through the table. */
export const typeOf = (node: JourneyNode): NodeType<JourneyNode> =>
  NODES[node.type] as unknown as NodeType<JourneyNode>;

const names = Object.keys(NODES);

/** Reads by the type's own schema, so that a mistake is reported where it is. */
export const NodeSchema: z.ZodType<JourneyNode> = z.custom<JourneyNode>().superRefine((value, context) => {
  const type: unknown = typeof value === 'object' && value !== null ? value.type : undefined;
  const schema =
    typeof type === 'string' && Object.hasOwn(NODES, type) ? NODES[type as NodeTypeName].schema : undefined;
  if (schema === undefined) {
    context.addIssue({ code: 'custom', path: ['type'], message: `must be one of ${names.join(', ')}` });
    return;
  }
  for (const issue of schema.safeParse(value).error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys')
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    else
      for (const key of issue.keys)
        context.addIssue({ code: 'custom', path: [...issue.path, key], message: 'unknown field' });
  }
});
