import * as z from 'zod';
import { type Job, JobSchema, JobSpecSchema } from '../../../core/jobs/job.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { DomainError } from '../../../engine/errors.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const JobViewSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    kind: z.enum(JobSpecSchema.unwrap().options.map(({ shape }) => shape.kind.value)),
    status: z.enum(['running', 'done', 'cancelled']),
    done: z.number().int(),
    total: z.number().int().optional().describe('how many it will process, where that is known'),
    at: z.iso.datetime(),
    by: z.string(),
  }),
);

export const viewOf = ({ id, work, status, done, total, at, by }: Job) => ({
  id,
  kind: work.kind,
  status,
  done,
  ...(total === undefined ? {} : { total }),
  at: new Date(at).toISOString(),
  by,
});

const noJob = (id: string) => new DomainError({ code: 'not-found', detail: `There is no job ${id}.` });

const list = route({
  method: 'GET',
  path: '/v1/jobs',
  role: 'viewer',
  operationId: 'listJobs',
  summary: 'List jobs',
  description: 'Those of the last 90 days, newest first.',
  query: () => PageQuerySchema.extend({ status: JobSchema.unwrap().shape.status.optional() }),
  response: () => pageOf(JobViewSchema),
  handle: async (deps, { query: { limit, cursor, status } }) => {
    const scope = `jobs ${status ?? ''}`;
    const found = await fill({ limit, from: readCursor(scope, z.string(), cursor) }, async (most, before) => {
      const { items, next } = await deps.jobs.list({ limit: most, before });
      return { items: items.filter((job) => status === undefined || job.status === status), next };
    });
    return { body: page(scope, found.items.map(viewOf), found.next) };
  },
});

const get = route({
  method: 'GET',
  path: '/v1/jobs/{id}',
  role: 'viewer',
  operationId: 'getJob',
  summary: 'Get a job',
  description: '`done` counts the profiles, runs or messages, also of a queue, that it has processed.',
  response: JobViewSchema,
  handle: async (deps, { params }) => {
    const job = await deps.jobs.get(params.id);
    if (job === undefined) throw noJob(params.id);
    return { body: viewOf(job) };
  },
});

const cancel = route({
  method: 'POST',
  path: '/v1/jobs/{id}/cancel',
  role: 'marketer',
  operationId: 'cancelJob',
  summary: 'Cancel a job',
  description: 'It stops where it is; what it has done stays.',
  response: JobViewSchema,
  handle: async (deps, { params }) => {
    const cancelled = await deps.jobs.end(params.id, 'cancelled');
    const job = await deps.jobs.get(params.id);
    if (job === undefined) throw noJob(params.id);
    if (!cancelled && job.status !== 'cancelled')
      throw new DomainError({ code: 'conflict', detail: 'The job is done already.' });
    return { body: viewOf(job) };
  },
});

export const jobRoutes: Route<Deps>[] = [list, get, cancel];
