import type { Job, JobMessage } from '../../core/jobs/job.ts';
import type { JobStore } from '../shared/adapters/jobs.dynamo.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { Clock } from '../shared/clock.ts';
import { pageOf, type WorkDeps } from './works.ts';

/** Of profiles, runs or messages; cancelling is looked at between pages. */
const PAGE = 100;
/** Pages an invocation, and how long it takes new ones: then the message goes behind the others. The function may run for 60 s. */
const MAX_PAGES = 500;
const MAX_RUNTIME_MS = 30_000;
/** The longest that SQS holds a message back. */
const MOST_DELAY_SECONDS = 900;

export interface JobDeps extends WorkDeps {
  jobs: Pick<JobStore, 'get' | 'end' | 'shard' | 'advance' | 'finishedShards'>;
  queue: Pick<Queue, 'send'>;
  /** By then every function sees the rules that the job was started for. */
  pointerMaxAgeMs: number;
  clock: Clock;
}

/** Goes on with one shard of a job, from where its cursor stands. Any number of deliveries, side by side, come to each at least once. */
export async function work(deps: JobDeps, message: JobMessage): Promise<void> {
  const { job: id, shard } = message;
  const began = performance.now();
  for (let page = 0; page < MAX_PAGES && performance.now() - began < MAX_RUNTIME_MS; page += 1) {
    const job = await deps.jobs.get(id);
    if (job?.status !== 'running') return;
    const early = job.at + deps.pointerMaxAgeMs - deps.clock();
    if (early > 0) return deps.queue.send([{ body: message, delaySeconds: Math.ceil(early / 1000) }]);
    const { cursor, isFinished } = await deps.jobs.shard(id, shard);
    if (isFinished) return endIfAllAre(deps, job);
    const { done, next } = await pageOf(deps, job, { shard, limit: PAGE, cursor });
    // Refused: another delivery is at it, and goes on.
    if (!(await deps.jobs.advance(id, shard, cursor, next, done))) return;
    if (next === undefined) return endIfAllAre(deps, job);
    const rest = restOf(job, done);
    if (rest > 0) return deps.queue.send([{ body: message, delaySeconds: rest }]);
  }
  await deps.queue.send([{ body: message }]);
}

/** Seconds before the next page. */
function restOf({ perMinute, shards }: Job, done: number): number {
  if (perMinute === undefined) return 0;
  return Math.min(MOST_DELAY_SECONDS, Math.ceil((done * shards * 60) / perMinute));
}

async function endIfAllAre(deps: JobDeps, { id, shards }: Job): Promise<void> {
  if ((await deps.jobs.finishedShards(id)) === shards) await deps.jobs.end(id, 'done');
}
