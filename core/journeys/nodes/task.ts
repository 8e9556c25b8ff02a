import * as z from 'zod';
import { hashId } from '../../ids.ts';
import { escapePointer } from '../../json-pointer.ts';
import type { Run } from '../../runs/run.ts';
import { textsIn } from '../rendered.ts';
import { missingExit, RestSchema, takesTime } from '../wait-until.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const OUTCOMES = 'must be an object of outcomes and the nodes that follow, such as {"won": "done"}';

const AwaitSchema = z.strictObject({
  timeout: RestSchema,
  outcomes: z
    .record(z.string().min(1), NextSchema, OUTCOMES)
    .refine((outcomes) => Object.keys(outcomes).length > 0, 'needs an outcome'),
  onTimeout: NextSchema,
});
const schema = z
  .strictObject({
    type: z.literal('task'),
    queue: z.string().min(1),
    title: z.string().min(1),
    next: NextSchema.optional(),
    await: AwaitSchema.optional(),
  })
  .refine((node) => node.next !== undefined || node.await !== undefined, 'needs next or await')
  .refine((node) => node.next === undefined || node.await === undefined, {
    path: ['next'],
    error: 'stands instead of await, whose outcomes and onTimeout say what follows',
  });
export type TaskNode = z.infer<typeof schema>;

/** Creates a task for a person. With `await` the run rests until it is done; if it is not done in time, it is closed. */
export const task: NodeType<TaskNode> = {
  about: 'Gives a person something to do; with `await` the run rests until it is done.',
  schema,
  exits: (node) => [
    ...(node.next === undefined ? [] : [{ path: '/next', node: node.next }]),
    ...Object.entries(node.await?.outcomes ?? {}).map(([outcome, next]) => ({
      path: `/await/outcomes/${escapePointer(outcome)}`,
      node: next,
      takesTime: true,
      when: `it is completed as ${outcome}`,
    })),
    ...(node.await === undefined
      ? []
      : [
          {
            path: '/await/onTimeout',
            node: node.await.onTimeout,
            takesTime: takesTime(node.await.timeout),
            when: 'it is not completed in time',
            isTimeout: true,
          },
        ]),
    ...missingExit(node.await?.timeout, '/await/timeout'),
  ],
  rests: (node) => (node.await === undefined ? undefined : 'event'),
  async arrive(node, id, walk) {
    const visit = walk.run.visits[id]?.count ?? 1;
    walk.act({
      kind: 'task',
      node: id,
      task: taskIdOf(walk.run.entry, id, visit),
      // A task with visible braces is better than no task.
      queue: (await walk.render(node.queue)) ?? node.queue,
      title: (await walk.render(node.title)) ?? node.title,
      outcomes: node.await && Object.keys(node.await.outcomes),
    });
  },
  texts: (node) => textsIn({ queue: node.queue, title: node.title }),
  async pass(node) {
    return { next: node.next ?? '' };
  },
  rest: (node) => node.await?.timeout ?? '0s',
  leave(node, id, way, _output, walk) {
    const outcome = way.kind === 'outcome' ? way.outcome : undefined;
    if (outcome !== undefined) walk.store(id, { outcome });
    else
      walk.act({ kind: 'close-task', node: id, task: taskIdOf(walk.run.entry, id, walk.run.visits[id]?.count ?? 1) });
    const next = outcome === undefined ? undefined : node.await?.outcomes[outcome];
    return next ?? node.await?.onTimeout ?? node.next ?? '';
  },
};

/** Ids of all tasks that the run created. */
export const tasksOf = ({ entry, visits }: Pick<Run, 'entry' | 'visits'>): string[] =>
  Object.entries(visits).flatMap(([node, { task, count }]) =>
    task === undefined ? [] : Array.from({ length: count }, (_, index) => taskIdOf(entry, node, index + 1)),
  );

export const taskIdOf = (entry: string, node: string, visit: number): string => hashId('task', entry, node, visit);
