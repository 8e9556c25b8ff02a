import * as z from 'zod';
import { type EpochMs, hashId, instantText } from '../../ids.ts';
import { escapePointer } from '../../json-pointer.ts';
import { lazySchema } from '../../lazy-schema.ts';
import type { Run } from '../../runs/run.ts';
import { textsIn } from '../render-strings.ts';
import { missingExit, RestSchema, takesTime } from '../wait-until.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const OUTCOMES = 'must be an object of outcomes and the nodes that follow, such as {"won": "done"}';

const AwaitSchema = lazySchema(() =>
  z.strictObject({
    timeout: RestSchema,
    outcomes: z
      .record(z.string().min(1), NextSchema, OUTCOMES)
      .refine((outcomes) => Object.keys(outcomes).length > 0, 'needs an outcome'),
    onTimeout: NextSchema,
  }),
);
const schema = lazySchema(() =>
  z
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
    }),
);
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
    walk.act({
      kind: 'task',
      node: id,
      task: currentTask(walk.run, id),
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
    else walk.act({ kind: 'close-task', node: id, task: currentTask(walk.run, id) });
    const next = outcome === undefined ? undefined : node.await?.outcomes[outcome];
    return next ?? node.await?.onTimeout ?? node.next ?? '';
  },
};

type Visited = Pick<Run, 'entry' | 'visits'>;

/** Tasks of a node that a run can still close when it is left before its end. */
const MAX_TASKS = 1_000;

/** The instants of a node's tasks after one more. A task that the run waits for is done or closed before the node is visited again. */
export const withTask = (node: TaskNode, before: readonly EpochMs[] = [], at: EpochMs): EpochMs[] =>
  node.await === undefined ? [...before, at].slice(-MAX_TASKS) : [at];

/** Ids of the tasks that the run created. */
export const tasksOf = ({ entry, visits }: Visited): string[] =>
  Object.entries(visits).flatMap(([node, { tasks = [], count }]) =>
    tasks.map((at, index) => taskIdOf(entry, node, count - tasks.length + index + 1, at)),
  );

/** Id of the task that the last visit of this node made. */
export function currentTask({ entry, visits }: Visited, node: string): string {
  const { count = 1, at = 0 } = visits[node] ?? {};
  return taskIdOf(entry, node, count, at);
}

/** 26 characters. The first 9 are the instant, so that ids sort as their tasks do. */
export const taskIdOf = (entry: string, node: string, visit: number, at: EpochMs): string => {
  const instant = instantText(at);
  return `${instant}${hashId('task', entry, node, visit).slice(instant.length)}`;
};
