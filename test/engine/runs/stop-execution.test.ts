import { expect, test } from 'vitest';
import { byChannel } from '../../../core/channels/registry.ts';
import { taskIdOf } from '../../../core/journeys/nodes/task.ts';
import type { Run } from '../../../core/runs/run.ts';
import { stopExecution } from '../../../engine/runs/stop-execution.ts';

const NOTHING_SENT = byChannel(() => ({ send: async () => {} }));

test('closes the tasks that a closed run left, and stops the execution of its last leg; leaves the rest alone', async () => {
  const of = { journey: 'welcome', version: 3 };
  const runs: Record<string, Partial<Run>> = {
    exited: {
      ...of,
      entry: 'exited',
      status: 'closed',
      reason: 'exited',
      closedAt: 7,
      leg: 1,
      visits: { call: { count: 2, at: 5, tasks: [3, 5] }, rest: { count: 1, at: 6 } },
    },
    ended: {
      ...of,
      entry: 'ended',
      status: 'closed',
      reason: 'ended',
      closedAt: 7,
      leg: 0,
      visits: { call: { count: 1, at: 5, tasks: [5] } },
    },
    resumed: { ...of, status: 'closed', reason: 'archived', leg: 2, visits: {} },
    open: { ...of, status: 'open', leg: 1 },
    'never-began': { ...of, status: 'closed', reason: 'merged', leg: 0, visits: {} },
  };
  const stopped: unknown[] = [];
  const closed: unknown[] = [];
  const deps = {
    runs: { get: async (entry: string) => runs[entry] as Run | undefined },
    tasks: { close: async (id: string, as: object) => void closed.push([id, as]) },
    executions: { stop: async (...execution: unknown[]) => void stopped.push(execution) },
    messages: { getAll: async () => new Map() },
    senders: NOTHING_SENT,
    machinePrefix: 'cairn',
  };

  for (const entry of [...Object.keys(runs), 'unknown']) await stopExecution(deps, { entry });

  expect(closed).toEqual([
    [taskIdOf('exited', 'call', 1, 3), { reason: 'exited', at: 7 }],
    [taskIdOf('exited', 'call', 2, 5), { reason: 'exited', at: 7 }],
  ]);
  expect(stopped).toEqual([
    ['cairn-welcome-v3', 'exited', 1],
    ['cairn-welcome-v3r', 'resumed', 2],
  ]);
});
