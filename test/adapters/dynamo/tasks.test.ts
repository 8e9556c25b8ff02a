import { expect, test, vi } from 'vitest';
import { taskStore } from '../../../adapters/dynamo/tasks.ts';
import { taskIdOf } from '../../../core/journeys/nodes/task.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const taskAt = (at: number) => ({
  id: taskIdOf('run-1', 'call', 1, at),
  queue: 'sales',
  title: 'Call Lin',
  profile: 'profile-1',
  source: { kind: 'journey' as const, id: 'welcome', version: 1, node: 'call', run: 'run-1' },
  at,
});

test('a task is one item, found by its id and listed newest first', async () => {
  const { client } = new MemoryTables();
  const tasks = taskStore(client, TABLES.catalog);
  const send = vi.spyOn(client, 'send');
  const [first, second] = [taskAt(NOW), taskAt(NOW + 1)];
  await tasks.create(second);
  await tasks.create(first);
  expect(send).toHaveBeenCalledTimes(2);
  expect(await tasks.get(first.id)).toEqual({ ...first, status: 'open' });
  expect(send).toHaveBeenCalledTimes(3);
  const { items, next } = await tasks.list({}, { limit: 1 });
  expect(items).toMatchObject([second]);
  expect(await tasks.list({}, { limit: 1, ...(next === undefined ? {} : { before: next }) })).toMatchObject({
    items: [first],
  });
});

test('a repeat creates nothing new, and what was done stays done', async () => {
  const tasks = taskStore(new MemoryTables().client, TABLES.catalog);
  const task = taskAt(NOW);
  await tasks.create(task);
  expect(await tasks.complete({ ...task, status: 'open' }, { outcome: 'won', by: 'ann', at: NOW + 5 })).toBe(true);
  await tasks.create(task);
  await tasks.close(task.id, { reason: 'exited', at: NOW + 6 });
  expect(await tasks.get(task.id)).toMatchObject({ status: 'done', outcome: 'won' });
});
