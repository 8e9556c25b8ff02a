import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Task, TaskReason, TaskStore } from '../../engine/runs/ports.ts';
import { isConditionMet } from './conditional-write.ts';

/** How long done or closed tasks are kept: half a year. */
const DONE_TTL_SECONDS = 180 * 24 * 3600;
const ttlAt = (at: EpochMs): number => Math.floor(at / 1000) + DONE_TTL_SECONDS;
const PARTITION = 'task';

/** Tasks under `task`, ordered by their instants; `task#<id>` maps an id to its instant. */
export function taskStore(client: DynamoDBDocumentClient, table: string): TaskStore {
  const key = (id: string, at: EpochMs) => ({ pk: PARTITION, sk: `${String(at).padStart(13, '0')}#${id}` });

  async function get(id: string): Promise<Task | undefined> {
    const lookup = await client.send(
      new GetCommand({ TableName: table, Key: { pk: `task#${id}`, sk: 'AT' }, ConsistentRead: true }),
    );
    if (lookup.Item === undefined) return undefined;
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: key(id, Number(lookup.Item.at)), ConsistentRead: true }),
    );
    return Item && taskOf(Item);
  }

  return {
    get,

    async create(task: Omit<Task, 'status' | 'outcome' | 'doneAt' | 'doneBy' | 'reason' | 'closedAt'>): Promise<void> {
      await client.send(new PutCommand({ TableName: table, Item: { pk: `task#${task.id}`, sk: 'AT', at: task.at } }));
      const Item = { ...key(task.id, task.at), ...task, status: 'open' };
      await isConditionMet(
        client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
      );
    },

    async close(id: string, { reason, at }: { reason: TaskReason; at: EpochMs }): Promise<void> {
      const task = await get(id);
      if (task?.status !== 'open') return;
      await isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(task.id, task.at),
            UpdateExpression: 'SET #status = :closed, reason = :reason, closedAt = :at, #ttl = :ttl',
            ConditionExpression: '#status = :open',
            ExpressionAttributeNames: { '#status': 'status', '#ttl': 'ttl' },
            ExpressionAttributeValues: {
              ':open': 'open',
              ':closed': 'closed',
              ':reason': reason,
              ':at': at,
              ':ttl': ttlAt(at),
            },
          }),
        ),
      );
    },

    complete(task: Task, done: { outcome: string; by: string; at: EpochMs }): Promise<boolean> {
      return isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(task.id, task.at),
            UpdateExpression: 'SET #status = :done, outcome = :outcome, doneBy = :by, doneAt = :at, #ttl = :ttl',
            ConditionExpression: '#status = :open',
            ExpressionAttributeNames: { '#status': 'status', '#ttl': 'ttl' },
            ExpressionAttributeValues: {
              ':open': 'open',
              ':done': 'done',
              ':outcome': done.outcome,
              ':by': done.by,
              ':at': done.at,
              ':ttl': ttlAt(done.at),
            },
          }),
        ),
      );
    },

    async list(
      { profiles, ...filter }: { queue?: string; status?: string; profiles?: readonly ProfileKey[] | undefined },
      page: { limit: number; before?: string },
    ): Promise<{ items: Task[]; next?: string }> {
      const equal = Object.entries(filter).filter(([, value]) => value !== undefined);
      const owners = (profiles ?? []).map((key, index) => [`owner${index}`, key] as const);
      const conditions = [
        ...equal.map(([name]) => `#${name} = :${name}`),
        ...(owners.length > 0 ? [`#profile IN (${owners.map(([name]) => `:${name}`).join(', ')})`] : []),
      ];
      const names = [...equal.map(([name]) => name), ...(owners.length > 0 ? ['profile'] : [])];
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: conditions.length === 0 ? undefined : conditions.join(' AND '),
          ExpressionAttributeNames:
            names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ':pk': PARTITION,
            ...Object.fromEntries([...equal, ...owners].map(([name, value]) => [`:${name}`, value])),
          },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: page.limit,
          ExclusiveStartKey: page.before === undefined ? undefined : { pk: PARTITION, sk: page.before },
        }),
      );
      const next = LastEvaluatedKey?.sk;
      return { items: Items.map(taskOf), ...(next === undefined ? {} : { next: String(next) }) };
    },
  };
}

/** The item as `create`, `complete` and `close` wrote it. */
function taskOf(item: Record<string, unknown>): Task {
  const { pk: _pk, sk: _sk, ttl: _ttl, ...task } = item;
  return task as unknown as Task;
}
