import { type EpochMs, hashId } from '../../../core/ids.ts';
import { EVERYBODY, type Job, type Work } from '../../../core/jobs/job.ts';
import { MEMBER_SHARDS } from '../../shared/adapters/profiles.dynamo.ts';
import type { Deps } from '../deps.ts';

type JobDeps = Pick<Deps, 'jobs' | 'queues' | 'rules' | 'clock'>;

/** Judges everybody by the rules and calendars that stand now. Asked again for the same rules, it is the same job. */
export async function backfill(deps: JobDeps, by: string): Promise<Job> {
  const { snapshot } = await deps.rules.read();
  return start(deps, backfillId(snapshot.arrivals.version), { kind: 'backfill' }, EVERYBODY, by);
}

/** Lets those into a journey who are under its entry's rule as it is published. */
export async function enterExisting(
  deps: JobDeps,
  entry: { journey: string; version: number; rule: string },
  by: string,
): Promise<Job> {
  const { snapshot } = await deps.rules.read();
  const filling = await deps.jobs.get(backfillId(snapshot.arrivals.version));
  // While membership is being filled, everybody is asked.
  const members = filling?.status === 'running' ? EVERYBODY : entry.rule;
  const id = hashId('enter', entry.journey, entry.version);
  return start(deps, id, { kind: 'enter', ...entry }, members, by);
}

/** Takes everybody off a list that was deleted. */
export const unlist = (deps: JobDeps, list: string, by: string): Promise<Job> =>
  start(deps, hashId('unlist', list, deps.clock()), { kind: 'unlist', list }, `list:${list}`, by);

const backfillId = (arrivals: number): string => hashId('backfill', arrivals);

/** The item first: a crash before the messages is mended by the same call made again. */
async function start(deps: JobDeps, id: string, work: Work, members: string, by: string): Promise<Job> {
  const at: EpochMs = deps.clock();
  const job: Job = { id, work, members, status: 'running', at, by, done: 0 };
  const there = (await deps.jobs.create(job)) ? job : await deps.jobs.get(id);
  if (there?.status !== 'running') return there ?? job;
  await deps.queues.jobs.send(Array.from({ length: MEMBER_SHARDS }, (_, shard) => ({ body: { job: id, shard } })));
  return there;
}
