import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { keysOf, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { eventOut } from '../../../engine/profiles/outgoing.ts';
import type { Task } from '../../../engine/runs/ports.ts';
import { taskCompleted } from '../../../engine/runs/task-completed.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { TextIdSchema } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { MORE_MERGED } from './more-merged.ts';
import { profilesOfItems } from './profiles-of-items.ts';
import { route } from './route.ts';

const STATUSES = ['open', 'done', 'closed'] as const;
const TaskSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    queue: z.string(),
    title: z.string(),
    profileId: z.string(),
    status: z.enum(STATUSES).meta({ description: 'closed: its run went on or ended without it' }),
    source: z.object({
      kind: z.literal('journey'),
      id: z.string(),
      version: z.number().int(),
      node: z.string(),
      run: z.string(),
    }),
    at: z.string(),
    outcome: z.string().optional(),
    doneAt: z.string().optional(),
    doneBy: z.string().optional(),
    /** Only of a closed task. */
    reason: z.enum(['timeout', 'ended', 'exited', 'archived', 'erased', 'merged']).optional(),
    closedAt: z.string().optional(),
  }),
);

const taskView = (task: Task, profileId: string): z.input<typeof TaskSchema> => ({
  id: task.id,
  queue: task.queue,
  title: task.title,
  profileId,
  status: task.status,
  source: task.source,
  at: iso(task.at),
  ...(task.outcome === undefined ? {} : { outcome: task.outcome }),
  ...(task.doneAt === undefined ? {} : { doneAt: iso(task.doneAt) }),
  ...(task.doneBy === undefined ? {} : { doneBy: task.doneBy }),
  ...(task.reason === undefined ? {} : { reason: task.reason }),
  ...(task.closedAt === undefined ? {} : { closedAt: iso(task.closedAt) }),
});

export const taskRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/tasks',
    role: 'viewer',
    operationId: 'listTasks',
    summary: 'List tasks',
    description: 'Newest first.',
    query: () =>
      PageQuerySchema.extend({
        queue: z.string().max(255).optional(),
        status: z.enum(STATUSES).optional(),
        profileId: TextIdSchema.optional(),
      }),
    response: () => pageOf(TaskSchema).extend({ more: MORE_MERGED }),
    handle: async (deps, { query }) => {
      const { queue, status, profileId } = query;
      const scope = `tasks ${JSON.stringify([queue, status, profileId])}`;
      const customer = profileId === undefined ? undefined : await keysOf(deps, await requireProfile(deps, profileId));
      const profiles = customer?.keys;
      const found = await fill(
        { limit: query.limit, from: readCursor(scope, z.string(), query.cursor) },
        (limit, before) => deps.tasks.list({ queue, status, profiles }, { limit, before }),
      );
      const { ids, known } = await profilesOfItems(deps, found.items);
      return {
        body: {
          ...page(
            scope,
            found.items.map((task, index) => taskView(task, ids[index] ?? '')),
            found.next,
          ),
          ...(customer?.more ? { more: true as const } : {}),
        },
        // Title and queue are Liquid: they may contain the customer's number.
        known,
      };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/tasks/{id}/complete',
    role: 'marketer',
    operationId: 'completeTask',
    summary: 'Complete a task',
    description:
      "A run that waits for it goes on by its outcome, which must be one of the node's. A task without `await` takes any outcome.",
    body: () => z.strictObject({ outcome: z.string().min(1).max(255) }),
    response: TaskSchema,
    handle: async (deps, { params, body, caller }) => {
      const task = await deps.tasks.get(params.id);
      if (task === undefined) throw new DomainError({ code: 'not-found', detail: `There is no task ${params.id}.` });
      if (task.outcomes !== undefined && !task.outcomes.includes(body.outcome)) {
        throw invalidAt('/outcome', `must be one of ${task.outcomes.join(', ')}`);
      }
      await deps.tasks.complete(task, { outcome: body.outcome, by: caller.sub, at: deps.clock() });
      const done = await deps.tasks.get(task.id);
      if (done?.status === 'closed') {
        throw new DomainError({ code: 'conflict', detail: `It was closed before (${done.reason}).` });
      }
      if (done?.outcome !== body.outcome) {
        throw new DomainError({
          code: 'conflict',
          detail: `It was completed before, with the outcome "${done?.outcome}".`,
        });
      }
      const home = await deps.profiles.home(done.profile);
      // A repeat sends the event again, under the same event id: so it finishes a call that broke off before this.
      await deps.queues.events.send([eventOut(home.key, taskCompleted(done))]);
      return { body: taskView(done, home.profile?.identity.id ?? '') };
    },
  }),
];
