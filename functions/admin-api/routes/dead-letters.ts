import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { listDeadLetters } from '../../../engine/dead-letters/list-dead-letters.ts';
import { DomainError } from '../../../engine/errors.ts';
import { redrive } from '../../../engine/jobs/start-job.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const QueueSchema = lazySchema(() =>
  z.object({
    queue: z.string(),
    count: z.int(),
    sampled: z.int(),
    oldestAt: z.iso.datetime().optional(),
    causes: z.record(z.string(), z.int()),
  }),
);

export const deadLetterRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/dead-letters',
    role: 'admin',
    operationId: 'listDeadLetters',
    summary: 'List dead letters by queue',
    description:
      'Every queue. `oldestAt` and `causes` are of the messages that were looked at: `sampled`, at most 100. `retries exhausted`: every delivery failed.',
    response: () => z.object({ items: z.array(QueueSchema) }),
    handle: async ({ deadLetters }) => {
      const items = await listDeadLetters(deadLetters);
      return {
        body: {
          items: items.map(({ oldestAt, ...item }) => ({
            ...item,
            ...(oldestAt === undefined ? {} : { oldestAt: iso(oldestAt) }),
          })),
        },
      };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/dead-letters/{queue}/redrive',
    role: 'admin',
    operationId: 'redriveDeadLetters',
    summary: 'Send dead letters to their queue again',
    description:
      'A job sends what lies there now, or at most `max`. What fails again comes back and is passed over by the same job.',
    status: 202,
    body: () => z.strictObject({ max: z.int().min(1).max(1_000_000).optional() }).prefault({}),
    response: () => z.object({ job: z.string() }),
    handle: async (deps, { params: { queue }, body: { max }, caller, intent }) => {
      if (!deps.deadLetters.names.includes(queue)) {
        const detail = `There is no queue ${queue}. There are: ${deps.deadLetters.names.join(', ')}.`;
        throw new DomainError({ code: 'not-found', detail });
      }
      const job = await redrive(deps, queue, { by: caller.sub, max, cause: intent });
      return { body: { job: job.id } };
    },
  }),
];
