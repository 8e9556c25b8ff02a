import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import { type Job, JobSchema } from '../../core/jobs/job.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { JobStore, Shard } from '../../engine/jobs/ports.ts';
import type { Cursor } from '../../engine/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';

/** How long a job is kept. */
const TTL_SECONDS = 90 * 24 * 3600;
const LIST = 'jobs';
const MAX_LOOKUPS = 8;

/**
 * Jobs, under `job#<id>`: `JOB` (`Job` without `done`), `SHARD#<nn>` {cursor? (JSON), isFinished, notBefore?, done}; and under `jobs` in order of their
 * instants.
 */
export function jobStore(client: DynamoDBDocumentClient, table: string): JobStore {
  const key = (id: string, sk: string) => ({ pk: `job#${id}`, sk });
  const shardKey = (id: string, shard: number) => key(id, `SHARD#${String(shard).padStart(2, '0')}`);

  async function read(Key: Record<string, string>): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item;
  }

  /** Returns the job's own item and those of its shards. */
  async function all(id: string): Promise<Record<string, unknown>[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': key(id, '').pk },
        ConsistentRead: true,
      }),
    );
    return Items;
  }

  return {
    async create(job: Job): Promise<boolean> {
      const ttl = Math.floor(job.at / 1000) + TTL_SECONDS;
      const op = newOperation();
      const Item = { ...key(job.id, 'JOB'), ...job, op, ttl };
      const listed = { pk: LIST, sk: `${String(job.at).padStart(13, '0')}#${job.id}`, job: job.id, ttl };
      // The list entry comes before the job, so that no job is missing from the list. A job that existed before is listed only at its own instant.
      await client.send(new PutCommand({ TableName: table, Item: listed }));
      return carriedOut(
        client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
        async () => (await read(key(job.id, 'JOB')))?.op === op,
      );
    },

    async get(id: string): Promise<Job | undefined> {
      return (await this.state(id))?.job;
    },

    async state(id: string): Promise<{ job: Job; shards: Shard[] } | undefined> {
      const items = await all(id);
      const found = items.find(({ sk }) => sk === 'JOB');
      if (found === undefined) return undefined;
      // The shards count as they advance, so that no page is counted twice.
      const job = JobSchema.parse({ ...found, done: items.reduce((sum, { done }) => sum + Number(done ?? 0), 0) });
      const shards = Array.from({ length: job.shards }, (_, shard) => {
        const item = items.find(({ sk }) => sk === shardKey(id, shard).sk);
        const cursor = item?.cursor === undefined ? undefined : (JSON.parse(String(item.cursor)) as Cursor);
        const notBefore = item?.notBefore === undefined ? {} : { notBefore: Number(item.notBefore) };
        return { cursor, isFinished: item?.isFinished === true, ...notBefore };
      });
      return { job, shards };
    },

    async list(page: { limit: number; before?: string | undefined }): Promise<{ items: Job[]; next?: string }> {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': LIST },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: page.limit,
          ExclusiveStartKey: page.before === undefined ? undefined : { pk: LIST, sk: page.before },
        }),
      );
      const jobs = await mapWithConcurrency(MAX_LOOKUPS, Items, async ({ job, sk }) => {
        const found = await this.get(String(job));
        // A repeated call for an existing job has added a second list entry.
        return found !== undefined && String(sk).startsWith(String(found.at).padStart(13, '0')) ? [found] : [];
      });
      const next = LastEvaluatedKey?.sk;
      return { items: jobs.flat(), ...(next === undefined ? {} : { next: String(next) }) };
    },

    end(id: string, status: 'done' | 'cancelled'): Promise<boolean> {
      return isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id, 'JOB'),
            UpdateExpression: 'SET #status = :status',
            ConditionExpression: '#status = :running',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: { ':status': status, ':running': 'running' },
          }),
        ),
      );
    },

    advance(
      id: string,
      shard: number,
      from: Cursor | undefined,
      next: Cursor | undefined,
      { done, notBefore }: { done: number; notBefore?: EpochMs | undefined },
    ): Promise<boolean> {
      const op = newOperation();
      const rest = notBefore === undefined ? '' : ', notBefore = :notBefore';
      const count = `#done = if_not_exists(#done, :zero) + :done, op = :op${rest}`;
      return carriedOut(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: shardKey(id, shard),
            UpdateExpression:
              next === undefined ? `SET isFinished = :yes, ${count} REMOVE #cursor` : `SET #cursor = :next, ${count}`,
            ConditionExpression:
              from === undefined
                ? 'attribute_not_exists(#cursor) AND attribute_not_exists(isFinished)'
                : '#cursor = :from',
            ExpressionAttributeNames: { '#cursor': 'cursor', '#done': 'done' },
            ExpressionAttributeValues: {
              ':zero': 0,
              ':done': done,
              ':op': op,
              ...(notBefore === undefined ? {} : { ':notBefore': notBefore }),
              ...(next === undefined ? { ':yes': true } : { ':next': JSON.stringify(next) }),
              ...(from === undefined ? {} : { ':from': JSON.stringify(from) }),
            },
          }),
        ),
        async () => (await read(shardKey(id, shard)))?.op === op,
      );
    },
  };
}
