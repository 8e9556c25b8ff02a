import type { Job, JobMessage } from '../../core/jobs/job.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Clock, Queue } from '../ports.ts';
import { type JobTypeDeps, pageOf } from './job-types.ts';
import type { JobStore, Shard } from './ports.ts';

/** Of profiles, runs or messages; cancelling is looked at between pages. */
const PAGE = 100;
/** Pages an invocation, and how long it takes new ones: then the message goes behind the others. The function may run for 60 s. */
const MAX_PAGES = 500;
const MAX_RUNTIME_MS = 30_000;
/** The longest that SQS holds a message back. */
const MAX_DELAY_SECONDS = 900;

/** Shards whose first pages are worked side by side. */
const CONCURRENCY = 4;

export interface JobDeps extends JobTypeDeps {
  jobs: Pick<JobStore, 'state' | 'end' | 'advance'>;
  queue: Pick<Queue, 'send'>;
  /** By then every function sees the rules that the job was started for. */
  pointerMaxAgeMs: number;
  clock: Clock;
}

/**
 * Goes on with a job from where its cursors stand: with one shard, or with a page of each, after which those that are not at their end get
 * messages of their own. Any number of deliveries, side by side, come to each at least once.
 */
export async function runJob(deps: JobDeps, message: JobMessage): Promise<void> {
  const { job: id, shard } = message;
  const began = performance.now();
  for (let page = 0; page < MAX_PAGES && performance.now() - began < MAX_RUNTIME_MS; page += 1) {
    const state = await deps.jobs.state(id);
    if (state?.job.status !== 'running') return;
    const { job, shards } = state;
    const early = job.at + deps.pointerMaxAgeMs - deps.clock();
    if (early > 0) return deps.queue.send([{ body: message, delaySeconds: Math.ceil(early / 1000) }]);
    if (shard === undefined) return begin(deps, job, shards);
    const turned = await turn(deps, job, shard, shards[shard]);
    // Another delivery is at it, and goes on.
    if (turned === 'refused') return;
    if (turned === 'finished') return endIfAllAre(deps, id);
    if (turned.rest > 0) return deps.queue.send([{ body: message, delaySeconds: turned.rest }]);
  }
  await deps.queue.send([{ body: message }]);
}

/** Most jobs have little to do: one invocation, and it is done. */
async function begin(deps: JobDeps, job: Job, shards: Shard[]): Promise<void> {
  // Where a page fails, its shard tries again by a message of its own: it stops no other.
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

/** Works one page of a shard. `rest`: seconds before the next. */
async function turn(
  deps: JobDeps,
  job: Job,
  shard: number,
  { cursor, isFinished, notBefore = 0 }: Shard = { isFinished: false },
): Promise<'finished' | 'refused' | { rest: number }> {
  if (isFinished) return 'finished';
  const now = deps.clock();
  // A message that came twice would double the rate.
  if (now < notBefore) return { rest: Math.ceil((notBefore - now) / 1000) };
  const { done, next } = await pageOf(deps, job, { shard, limit: PAGE, cursor });
  const rest = restOf(job, done);
  const page = { done, notBefore: rest > 0 ? now + rest * 1000 : undefined };
  if (!(await deps.jobs.advance(job.id, shard, cursor, next, page))) return 'refused';
  return next === undefined ? 'finished' : { rest };
}

/** Seconds before the next page. */
function restOf({ perMinute, shards }: Job, done: number): number {
  if (perMinute === undefined) return 0;
  return Math.min(MAX_DELAY_SECONDS, Math.ceil((done * shards * 60) / perMinute));
}

async function endIfAllAre(deps: JobDeps, id: string): Promise<void> {
  const state = await deps.jobs.state(id);
  if (state?.shards.every(({ isFinished }) => isFinished)) await deps.jobs.end(id, 'done');
}
