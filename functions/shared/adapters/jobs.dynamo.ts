import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Job, JobSchema } from '../../../core/jobs/job.ts';
import { accepted } from './conditional.ts';
import { inParallel } from './parallel.ts';

/** A job is forgotten a while after nobody asks for it any more. */
const TTL_SECONDS = 90 * 24 * 3600;
const LIST = 'jobs';
const MAX_LOOKUPS = 8;

type Cursor = Record<string, unknown>;
export interface Shard {
  /** Where it goes on; absent: at the beginning. */
  cursor?: Cursor;
  isFinished: boolean;
}

export type JobStore = ReturnType<typeof jobStore>;

/** Jobs, under `job#<id>`: `JOB` (`Job`), `SHARD#<nn>` {cursor? (JSON), isFinished}; and under `jobs` in order of their instants. */
export function jobStore(client: DynamoDBDocumentClient, table: string) {
  const key = (id: string, sk: string) => ({ pk: `job#${id}`, sk });
  const shardKey = (id: string, shard: number) => key(id, `SHARD#${String(shard).padStart(2, '0')}`);

  async function read(Key: Record<string, string>): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item;
  }

  return {
    /** False: there is one of this id. */
    async create(job: Job): Promise<boolean> {
      const ttl = Math.floor(job.at / 1000) + TTL_SECONDS;
      const Item = { ...key(job.id, 'JOB'), ...job, ttl };
      const listed = { pk: LIST, sk: `${String(job.at).padStart(13, '0')}#${job.id}`, job: job.id, ttl };
      // Before the job, so that none is missing from the list; one that was there already is listed at its own instant only.
      await client.send(new PutCommand({ TableName: table, Item: listed }));
      return accepted(
        client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
      );
    },

    async get(id: string): Promise<Job | undefined> {
      const item = await read(key(id, 'JOB'));
      return item && JobSchema.parse(item);
    },

    /** Newest first. */
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
      const jobs = await inParallel(MAX_LOOKUPS, Items, async ({ job, sk }) => {
        const found = await this.get(String(job));
        // A call made again for a job that was there has listed it once more.
        return found !== undefined && String(sk).startsWith(String(found.at).padStart(13, '0')) ? [found] : [];
      });
      const next = LastEvaluatedKey?.sk;
      return { items: jobs.flat(), ...(next === undefined ? {} : { next: String(next) }) };
    },

    /** Only of one that runs; false: it does not. */
    end(id: string, status: 'done' | 'cancelled'): Promise<boolean> {
      return accepted(
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

    async shard(id: string, shard: number): Promise<Shard> {
      const item = await read(shardKey(id, shard));
      const cursor = item?.cursor === undefined ? undefined : (JSON.parse(String(item.cursor)) as Cursor);
      return { cursor, isFinished: item?.isFinished === true };
    },

    /** Moves on behind a page; false: another worker has. `next` undefined: the shard is finished. */
    async advance(id: string, shard: number, from: Cursor | undefined, next: Cursor | undefined, done: number) {
      const moved = await accepted(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: shardKey(id, shard),
            UpdateExpression: next === undefined ? 'SET isFinished = :yes REMOVE #cursor' : 'SET #cursor = :next',
            ConditionExpression:
              from === undefined
                ? 'attribute_not_exists(#cursor) AND attribute_not_exists(isFinished)'
                : '#cursor = :from',
            ExpressionAttributeNames: { '#cursor': 'cursor' },
            ExpressionAttributeValues: {
              ...(next === undefined ? { ':yes': true } : { ':next': JSON.stringify(next) }),
              ...(from === undefined ? {} : { ':from': JSON.stringify(from) }),
            },
          }),
        ),
      );
      if (moved && done > 0) {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id, 'JOB'),
            UpdateExpression: 'ADD #done :done',
            ExpressionAttributeNames: { '#done': 'done' },
            ExpressionAttributeValues: { ':done': done },
          }),
        );
      }
      return moved;
    },

    async finishedShards(id: string): Promise<number> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :shard)',
          ExpressionAttributeValues: { ':pk': key(id, '').pk, ':shard': 'SHARD#' },
          ConsistentRead: true,
        }),
      );
      return Items.filter(({ isFinished }) => isFinished === true).length;
    },
  };
}
