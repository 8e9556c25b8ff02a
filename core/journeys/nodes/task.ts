import * as z from 'zod';
import { hashId } from '../../ids.ts';
import { DurationSchema, durationMs } from '../../time/duration.ts';
import { isPersonal, UntilSchema, untilInstant } from '../until.ts';
import type { NodeType } from './node-type.ts';

const AwaitSchema = z.strictObject({
  timeout: z.union([DurationSchema, UntilSchema], { error: 'must be a duration or an `until`' }),
  outcomes: z
    .record(z.string().min(1), z.string())
    .refine((outcomes) => Object.keys(outcomes).length > 0, 'needs an outcome'),
  onTimeout: z.string(),
});
const schema = z
  .strictObject({
    type: z.literal('task'),
    queue: z.string().min(1),
    title: z.string().min(1),
    next: z.string().optional(),
    await: AwaitSchema.optional(),
  })
  .refine((node) => node.next !== undefined || node.await !== undefined, 'needs next or await');
type Node = z.infer<typeof schema>;

/** Something for a person to do; with `await` the run rests until it is done. */
export const task: NodeType<Node> = {
  schema,
  exits: (node) => [
    ...(node.next === undefined ? [] : [{ path: '/next', node: node.next }]),
    ...Object.entries(node.await?.outcomes ?? {}).map(([outcome, next]) => ({
      path: `/await/outcomes/${outcome}`,
      node: next,
    })),
    ...(node.await === undefined ? [] : [{ path: '/await/onTimeout', node: node.await.onTimeout }]),
  ],
  rests: (node) => (node.await === undefined ? undefined : 'event'),
  literalTimeout: (node) => (typeof node.await?.timeout === 'string' ? node.await.timeout : undefined),
  async arrive(node, id, walk) {
    const visit = walk.run.visits[id]?.count ?? 1;
    walk.act({
      kind: 'task',
      node: id,
      task: taskIdOf(walk.run.entry, id, visit),
      queue: await walk.render(node.queue),
      title: await walk.render(node.title),
      outcomes: node.await && Object.keys(node.await.outcomes),
    });
  },
  async pass(node) {
    return { next: node.next ?? '' };
  },
  async until(node, walk) {
    const timeout = node.await?.timeout ?? '0s';
    if (typeof timeout === 'string') return walk.at + durationMs(timeout);
    return untilInstant(timeout, walk.run.at, walk.at, isPersonal(timeout) ? await walk.world() : undefined);
  },
  leave(node, id, way, _output, walk) {
    const outcome = way.kind === 'outcome' ? way.outcome : undefined;
    if (outcome !== undefined) walk.store(id, { outcome });
    const next = outcome === undefined ? undefined : node.await?.outcomes[outcome];
    return next ?? node.await?.onTimeout ?? node.next ?? '';
  },
};

export const taskIdOf = (entry: string, node: string, visit: number): string => hashId('task', entry, node, visit);
