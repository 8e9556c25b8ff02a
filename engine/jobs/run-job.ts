import * as z from 'zod';
import { type Job, type JobMessage, JobMessageSchema } from '../../core/jobs/job.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { ReleaseDeferredSchema } from '../../core/messages/channel-opening.ts';
import type { Queue } from '../ports.ts';
import { finishWork, type JobTypeDeps, pageOf } from './job-types.ts';
import type { JobStore, Shard } from './ports.ts';
import { type ReleaseDeferredDeps, releaseDeferred } from './release-deferred.ts';

/** Profiles, runs or messages per page. Between pages the job checks whether it was cancelled. */
const PAGE = 100;
/** Most pages per invocation, and how long it starts new ones: then its message is queued again. The function may run for 60 s. */
const MAX_PAGES = 500;
const MAX_RUNTIME_MS = 30_000;
/** Longest delay of an SQS message. */
const MAX_DELAY_SECONDS = 900;

/** An index lists an item this long after its write, at the latest as jobs rely on it; locally at once. Usually it takes milliseconds. */
const INDEX_LAG_MS = 5_000;

/** Shards whose first pages are processed concurrently. */
const CONCURRENCY = 4;

/** Body of a message on `jobs`. */
export const JobsMessageSchema = z.union([JobMessageSchema, ReleaseDeferredSchema]);
export type JobsMessage = z.infer<typeof JobsMessageSchema>;

export interface JobDeps extends JobTypeDeps {
  messages: JobTypeDeps['messages'] & ReleaseDeferredDeps['messages'];
  wakes: ReleaseDeferredDeps['wakes'];
  queue: Pick<Queue, 'send'>;
  jobs: Pick<JobStore, 'state' | 'end' | 'advance'>;
  /** After this time every function sees the rules for which the job was started; 0 (locally): at once. */
  pointerMaxAgeMs: number;
}

/**
 * Continues a job from its cursors: one shard, or one page of each shard, after which every unfinished shard gets a message of its own. Duplicate and
 * concurrent deliveries process each item at least once.
 */
export function runJob(deps: JobDeps, message: JobsMessage): Promise<void> {
  return 'opening' in message ? releaseDeferred(deps, message) : continueJob(deps, message);
}

async function continueJob(deps: JobDeps, message: JobMessage): Promise<void> {
  const { job: id, shard } = message;
  const began = performance.now();
  for (let page = 0; page < MAX_PAGES && performance.now() - began < MAX_RUNTIME_MS; page += 1) {
    const state = await deps.jobs.state(id);
    if (state?.job.status !== 'running') return;
    const { job, shards } = state;
    const early = job.at + settledAfter(deps) - deps.clock();
    if (early > 0) return deps.queue.send([{ body: message, delaySeconds: Math.ceil(early / 1000) }]);
    if (shard === undefined) return begin(deps, job, shards);
    const turned = await turn(deps, job, shard, shards[shard]);
    // Another delivery processes this page and continues, or the job has failed.
    if (turned === 'refused') return;
    if (turned === 'finished') return endIfAllAre(deps, id);
    if (turned.rest > 0) return deps.queue.send([{ body: message, delaySeconds: turned.rest }]);
  }
  await deps.queue.send([{ body: message }]);
}

/** A job lists by an index once: by then nobody writes by earlier rules, and what was written by them is listed. */
const settledAfter = ({ pointerMaxAgeMs }: JobDeps): number =>
  pointerMaxAgeMs === 0 ? 0 : pointerMaxAgeMs + INDEX_LAG_MS;

/** Most jobs are small, so that one invocation finishes them. */
async function begin(deps: JobDeps, job: Job, shards: Shard[]): Promise<void> {
  // If a page fails, its shard is retried by a message of its own, and the other shards continue.
  const turned = await mapWithConcurrency(CONCURRENCY, [...shards.entries()], ([shard, state]) =>
    turn(deps, job, shard, state).catch(() => ({ rest: 0 })),
  );
  const goingOn = turned.flatMap((one, shard) => (typeof one === 'string' ? [] : [{ shard, rest: one.rest }]));
  await deps.queue.send(
    goingOn.map(({ shard, rest }) => ({
      body: { job: job.id, shard },
      ...(rest > 0 ? { delaySeconds: rest } : {}),
    })),
  );
  if (goingOn.length === 0) await endIfAllAre(deps, job.id);
}

/** Processes one page of a shard. `rest` is the number of seconds before the next page. */
async function turn(
  deps: JobDeps,
  job: Job,
  shard: number,
  { cursor, isFinished, notBefore = 0 }: Shard = { isFinished: false },
): Promise<'finished' | 'refused' | { rest: number }> {
  if (isFinished) return 'finished';
  const now = deps.clock();
  // A duplicate message would double the rate.
  if (now < notBefore) return { rest: Math.ceil((notBefore - now) / 1000) };
  const { done, next, failed, rest = restOf(job, done) } = await pageOf(deps, job, { shard, limit: PAGE, cursor });
  if (failed !== undefined) {
    await deps.jobs.end(job.id, 'failed', failed);
    return 'refused';
  }
  const page = { done, notBefore: rest > 0 ? now + rest * 1000 : undefined };
  if (!(await deps.jobs.advance(job.id, shard, cursor, next, page))) return 'refused';
  return next === undefined ? 'finished' : { rest };
}

/** Returns the seconds before the next page. */
function restOf({ perMinute, shards }: Job, done: number): number {
  if (perMinute === undefined) return 0;
  return Math.min(MAX_DELAY_SECONDS, Math.ceil((done * shards * 60) / perMinute));
}

async function endIfAllAre(deps: JobDeps, id: string): Promise<void> {
  const state = await deps.jobs.state(id);
  if (state?.job.status !== 'running' || !state.shards.every(({ isFinished }) => isFinished)) return;
  await finishWork(deps, state.job);
  await deps.jobs.end(id, 'done');
}
