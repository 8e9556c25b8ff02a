import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import { type Job, JobSchema, type JobStatus } from '../../core/jobs/job.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { JobStore, Shard } from '../../engine/jobs/ports.ts';
import type { Cursor } from '../../engine/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

/** How long a job is kept. */
const TTL_SECONDS = 90 * 24 * 3600;
const LIST = 'jobs';
const MAX_LOOKUPS = 8;

/**
 * Jobs, under `job#<id>`: `JOB` (`Job` without `done`), `SHARD#<nn>` {cursor? (JSON), isFinished, notBefore?, done}; and under `jobs` in order of their
 * instants.
 */
export function jobStore(client: DynamoDBDocumentClient, table: string): JobStore {
  const jobs = tableOf(client, table);
  return { ...jobWrites(jobs), ...jobReads(jobs) };
}

const jobReads = (jobs: Table): Pick<JobStore, 'get' | 'state' | 'list'> => ({
  get: async (id: string): Promise<Job | undefined> => (await stateOf(jobs, id))?.job,

  state: (id: string) => stateOf(jobs, id),

  async list(page: { limit: number; before?: string | undefined }): Promise<{ items: Job[]; next?: string }> {
    const { items, next } = await jobs.query(expression`#pk = ${LIST}`, {
      newestFirst: true,
      consistent: true,
      limit: page.limit,
      after: page.before === undefined ? undefined : { pk: LIST, sk: page.before },
    });
    const listed = await mapWithConcurrency(MAX_LOOKUPS, items, async ({ job, sk }) => {
      const found = (await stateOf(jobs, String(job)))?.job;
      // A repeated call for an existing job has added a second list entry.
      return found !== undefined && String(sk).startsWith(stamp(found.at)) ? [found] : [];
    });
    return { items: listed.flat(), ...(next === undefined ? {} : { next: String(next.sk) }) };
  },
});

async function stateOf(jobs: Table, id: string): Promise<{ job: Job; shards: Shard[] } | undefined> {
  // The job's own item and its shards'.
  const { items } = await jobs.query(expression`#pk = ${keyOf(id, '').pk}`, { consistent: true });
  const found = items.find(({ sk }) => sk === 'JOB');
  if (found === undefined) return undefined;
  // The shards count as they advance, so that no page is counted twice.
  const job = JobSchema.parse({ ...found, done: items.reduce((sum, { done }) => sum + Number(done ?? 0), 0) });
  const shards = Array.from({ length: job.shards }, (_, shard) =>
    shardOf(items.find(({ sk }) => sk === shardKey(id, shard).sk)),
  );
  return { job, shards };
}

function shardOf(item: Item | undefined): Shard {
  const cursor = item?.cursor === undefined ? undefined : (JSON.parse(String(item.cursor)) as Cursor);
  const notBefore = item?.notBefore === undefined ? {} : { notBefore: Number(item.notBefore) };
  return { cursor, isFinished: item?.isFinished === true, ...notBefore };
}

const jobWrites = (jobs: Table): Pick<JobStore, 'create' | 'end' | 'advance'> => ({
  async create(job: Job): Promise<boolean> {
    const ttl = Math.floor(job.at / 1000) + TTL_SECONDS;
    const op = newOperation();
    const key = keyOf(job.id, 'JOB');
    // The list entry comes before the job, so that no job is missing from the list. A job that existed before is listed only at its own instant.
    await jobs.put({ pk: LIST, sk: `${stamp(job.at)}#${job.id}`, job: job.id, ttl });
    return carriedOut(jobs.put({ ...key, ...job, op, ttl }, NOT_THERE), async () => (await jobs.get(key))?.op === op);
  },

  end(id: string, status: Exclude<JobStatus, 'running'>, reason?: string): Promise<boolean> {
    const change = { set: { status, reason }, when: expression`#status = ${'running'}` };
    return isConditionMet(jobs.update(keyOf(id, 'JOB'), change));
  },

  advance(
    id: string,
    shard: number,
    from: Cursor | undefined,
    next: Cursor | undefined,
    { done, notBefore }: { done: number; notBefore?: EpochMs | undefined },
  ): Promise<boolean> {
    const op = newOperation();
    const key = shardKey(id, shard);
    const change = {
      set: {
        ...(next === undefined ? { isFinished: true } : { cursor: JSON.stringify(next) }),
        done: expression`if_not_exists(#done, ${0}) + ${done}`,
        op,
        notBefore,
      },
      remove: next === undefined ? ['cursor'] : [],
      when:
        from === undefined
          ? expression`attribute_not_exists(#cursor) AND attribute_not_exists(#isFinished)`
          : expression`#cursor = ${JSON.stringify(from)}`,
    };
    return carriedOut(jobs.update(key, change), async () => (await jobs.get(key))?.op === op);
  },
});

const keyOf = (id: string, sk: string): Key => ({ pk: `job#${id}`, sk });
const shardKey = (id: string, shard: number): Key => keyOf(id, `SHARD#${String(shard).padStart(2, '0')}`);
const stamp = (at: EpochMs): string => String(at).padStart(13, '0');
