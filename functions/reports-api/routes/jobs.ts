import * as z from 'zod';
import { exportKey } from '../../../core/jobs/export-spec.ts';
import { JOB_STATUSES, type Job, JobSpecSchema } from '../../../core/jobs/job.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError } from '../../../engine/errors.ts';
import type { LinkQuestion } from '../../../engine/results/ports.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { atLeast } from '../../../runtime/http/roles.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const LINK_SECONDS = 3_600;

const JobViewSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    kind: z.enum(JobSpecSchema.unwrap().options.map(({ shape }) => shape.kind.value)),
    status: z.enum(JOB_STATUSES),
    reason: z.string().optional().describe('why it has failed'),
    done: z.number().int(),
    total: z.number().int().optional().describe('how many it will process, where that is known'),
    at: z.iso.datetime(),
    by: z.string(),
    url: z
      .url()
      .optional()
      .describe('of an export that is done: the file, to be fetched without a token; for marketers'),
    urlExpiresAt: z.iso.datetime().optional().describe('until when the link is good; asked again, the job has another'),
  }),
);

const viewOf = ({ id, work, status, reason, done, total, at, by }: Job) => ({
  id,
  kind: work.kind,
  status,
  ...(reason === undefined ? {} : { reason }),
  done,
  ...(total === undefined ? {} : { total }),
  at: iso(at),
  by,
});

/** The file names people as the data lake does, unmasked. The function that wrote it makes the link. */
async function linkTo(
  { facts, clock }: Pick<Deps, 'facts' | 'clock'>,
  { id, work, status }: Job,
): Promise<{ url?: string; urlExpiresAt?: string }> {
  if (work.kind !== 'export' || status !== 'done') return {};
  const question: LinkQuestion = { query: 'link', key: exportKey({ id, format: work.format }), seconds: LINK_SECONDS };
  const urlExpiresAt = iso(clock() + LINK_SECONDS * 1000);
  const [found] = await facts.ask<{ url: string }>({ ...question });
  return found === undefined ? {} : { url: found.url, urlExpiresAt };
}

const noJob = (id: string) => new DomainError({ code: 'not-found', detail: `There is no job ${id}.` });

const list = route({
  method: 'GET',
  path: '/v1/jobs',
  role: 'viewer',
  operationId: 'listJobs',
  summary: 'List jobs',
  description: 'Those of the last 90 days, newest first.',
  query: () => PageQuerySchema.extend({ status: z.enum(JOB_STATUSES).optional() }),
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
  description:
    '`done` counts the profiles, runs or messages, also of a queue, that it has processed, or the rows of an export. An export that is done has a link to its file for an hour; the file is deleted after a day.',
  response: JobViewSchema,
  handle: async (deps, { params, caller }) => {
    const job = await deps.jobs.get(params.id);
    if (job === undefined) throw noJob(params.id);
    return { body: { ...viewOf(job), ...(atLeast(caller, 'marketer') ? await linkTo(deps, job) : {}) } };
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
      throw new DomainError({ code: 'conflict', detail: `The job is ${job.status} already.` });
    return { body: viewOf(job) };
  },
});

export const jobRoutes: Route<Deps>[] = [list, get, cancel];
