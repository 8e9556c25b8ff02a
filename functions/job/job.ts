import { triggered } from '../../core/events/internal.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { Job, JobMessage } from '../../core/jobs/job.ts';
import type { JobStore } from '../shared/adapters/jobs.dynamo.ts';
import { inParallel } from '../shared/adapters/parallel.ts';
import { MEMBER_SHARDS, type ProfileStore } from '../shared/adapters/profiles.dynamo.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { Clock } from '../shared/clock.ts';
import { eventOut } from '../shared/profiles/effects.ts';

/** Profiles a page; cancelling is looked at between pages. */
const PAGE = 100;
/** Pages an invocation; then the message goes behind the others. */
const MOST_PAGES = 20;
const ABREAST = 10;

export interface JobDeps {
  jobs: Pick<JobStore, 'get' | 'end' | 'shard' | 'advance' | 'finishedShards'>;
  profiles: Pick<ProfileStore, 'members' | 'removeListed'>;
  events: Pick<Queue, 'send'>;
  due: Pick<Queue, 'send'>;
  queue: Pick<Queue, 'send'>;
  /** By then every function sees the rules that the job was started for. */
  pointerMaxAgeMs: number;
  clock: Clock;
}

/** Goes on with one shard of a job, from where its cursor stands. Any number of deliveries, side by side, come to each profile at least once. */
export async function work(deps: JobDeps, message: JobMessage): Promise<void> {
  const { job: id, shard } = message;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const job = await deps.jobs.get(id);
    if (job?.status !== 'running') return;
    const early = job.at + deps.pointerMaxAgeMs - deps.clock();
    if (early > 0) return deps.queue.send([{ body: message, delaySeconds: Math.ceil(early / 1000) }]);
    const { cursor, isFinished } = await deps.jobs.shard(id, shard);
    if (isFinished) return endIfAllAre(deps, id);
    const { profiles, next } = await deps.profiles.members(job.members, shard, { limit: PAGE, cursor });
    await carryOut(deps, job, profiles);
    // Refused: another delivery is at it, and goes on.
    if (!(await deps.jobs.advance(id, shard, cursor, next, profiles.length))) return;
    if (next === undefined) return endIfAllAre(deps, id);
  }
  await deps.queue.send([{ body: message }]);
}

async function endIfAllAre(deps: JobDeps, id: string): Promise<void> {
  if ((await deps.jobs.finishedShards(id)) === MEMBER_SHARDS) await deps.jobs.end(id, 'done');
}

async function carryOut(deps: JobDeps, job: Job, profiles: ProfileKey[]): Promise<void> {
  const { work: what, at } = job;
  if (what.kind === 'backfill') {
    await deps.due.send(profiles.map((profile) => ({ body: { profile, at, touch: true } })));
    return;
  }
  if (what.kind === 'unlist') {
    await inParallel(ABREAST, profiles, (profile) => deps.profiles.removeListed(profile, what.list, at));
    return;
  }
  const { journey, rule } = what;
  await deps.events.send(
    profiles.map((profile) => eventOut(profile, triggered({ journey, rule }, `${job.id}:${profile}`, at))),
  );
}
