import { expect, test } from 'vitest';
import type { Run } from '../../../core/runs/run.ts';
import { tidy } from '../../../functions/tidy/tidy.ts';

const NOTHING_SENT = { email: { send: async () => {} }, sms: { send: async () => {} }, push: { send: async () => {} } };

test('stops the execution of a closed run’s last leg, and none of a run that is open, never began, or is gone', async () => {
  const of = { journey: 'welcome', version: 3 };
  const runs: Record<string, Partial<Run>> = {
    exited: { ...of, status: 'closed', reason: 'exited', leg: 1, visits: {} },
    resumed: { ...of, status: 'closed', reason: 'archived', leg: 2, visits: {} },
    open: { ...of, status: 'open', leg: 1 },
    'never-began': { ...of, status: 'closed', reason: 'merged', leg: 0, visits: {} },
  };
  const stopped: unknown[] = [];
  const deps = {
    runs: { get: async (entry: string) => runs[entry] as Run | undefined },
    executions: { stop: async (...execution: unknown[]) => void stopped.push(execution) },
    messages: { getAll: async () => new Map() },
    senders: NOTHING_SENT,
    machinePrefix: 'cairn',
  };

  for (const entry of [...Object.keys(runs), 'unknown']) await tidy(deps, { entry });

  expect(stopped).toEqual([
    ['cairn-welcome-v3', 'exited', 1],
    ['cairn-welcome-v3r', 'resumed', 2],
  ]);
});
