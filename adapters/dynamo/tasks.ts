import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Task, TaskReason, TaskStore } from '../../engine/runs/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { allOf, attribute, type Expression, expression, listOf, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

/** How long done or closed tasks are kept: half a year. */
const DONE_TTL_SECONDS = 180 * 24 * 3600;
const ttlAt = (at: EpochMs): number => Math.floor(at / 1000) + DONE_TTL_SECONDS;
const PARTITION = 'task';

/** Tasks under `task`, by their ids, which sort as their instants do. */
export function taskStore(client: DynamoDBDocumentClient, table: string): TaskStore {
  const tasks = tableOf(client, table);
  return { ...taskChanges(tasks), list: (filter, page) => list(tasks, filter, page) };
}

const taskChanges = (tasks: Table): Omit<TaskStore, 'list'> => ({
  get: (id: string) => get(tasks, id),

  async create(task: Omit<Task, 'status' | 'outcome' | 'doneAt' | 'doneBy' | 'reason' | 'closedAt'>): Promise<void> {
    await isConditionMet(tasks.put({ ...keyOf(task), ...task, status: 'open' }, NOT_THERE));
  },

  async close(id: string, { reason, at }: { reason: TaskReason; at: EpochMs }): Promise<void> {
    const task = await get(tasks, id);
    if (task?.status !== 'open') return;
    const set = { status: 'closed', reason, closedAt: at, ttl: ttlAt(at) };
    await isConditionMet(tasks.update(keyOf(task), { set, when: IS_OPEN }));
  },

  complete(task: Task, { outcome, by, at }: { outcome: string; by: string; at: EpochMs }): Promise<boolean> {
    const set = { status: 'done', outcome, doneBy: by, doneAt: at, ttl: ttlAt(at) };
    return isConditionMet(tasks.update(keyOf(task), { set, when: IS_OPEN }));
  },
});

const IS_OPEN = expression`#status = ${'open'}`;

const keyOf = ({ id }: Pick<Task, 'id'>): Key => ({ pk: PARTITION, sk: id });

async function get(tasks: Table, id: string): Promise<Task | undefined> {
  const item = await tasks.get(keyOf({ id }));
  return item && taskOf(item);
}

interface Filter {
  queue?: string;
  status?: string;
  profiles?: readonly ProfileKey[] | undefined;
}

async function list(
  tasks: Table,
  filter: Filter,
  page: { limit: number; before?: string },
): Promise<{ items: Task[]; next?: string }> {
  const { items, next } = await tasks.query(expression`#pk = ${PARTITION}`, {
    filter: conditionOn(filter),
    newestFirst: true,
    consistent: true,
    limit: page.limit,
    after: page.before === undefined ? undefined : { pk: PARTITION, sk: page.before },
  });
  return { items: items.map(taskOf), ...(next === undefined ? {} : { next: String(next.sk) }) };
}

function conditionOn({ profiles = [], ...equal }: Filter): Expression | undefined {
  const conditions = Object.entries(equal)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => expression`${attribute(name)} = ${value}`);
  if (profiles.length > 0) conditions.push(expression`#profile IN ${listOf(profiles)}`);
  return conditions.length === 0 ? undefined : allOf(...conditions);
}

/** The item as `create`, `complete` and `close` wrote it. */
function taskOf(item: Item): Task {
  const { pk: _pk, sk: _sk, ttl: _ttl, ...task } = item;
  return task as unknown as Task;
}
