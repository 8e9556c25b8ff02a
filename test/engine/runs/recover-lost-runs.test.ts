import { expect, test } from 'vitest';
import { type EntryId, entryIdOf, executionNameOf } from '../../../core/ids.ts';
import { RUN_PARKED } from '../../../core/metrics/log-lines.ts';
import type { Run } from '../../../core/runs/run.ts';
import { recoverLostRuns } from '../../../engine/runs/recover-lost-runs.ts';

const NOW = Date.parse('2026-11-02T03:17:00Z');
const entryOf = (name: string): EntryId => entryIdOf('welcome', '', 'abcdefghijklmnopqrstuvwxyz', name);

test('parks whom nobody moves, for the next leg; leaves alone who has gone on or was stopped, and retells who has ended', async () => {
  const runs: Record<string, Partial<Run>> = {
    executionLost: { status: 'open', leg: 1 },
    'gone-on': { status: 'open', leg: 2 },
    parked: { status: 'parked', leg: 1 },
    ended: { status: 'closed', reason: 'ended', leg: 1 },
    exited: { status: 'closed', reason: 'exited', leg: 1 },
  };
  const byEntry = new Map(Object.entries(runs).map(([name, run]) => [entryOf(name), run as Run]));
  const parked: unknown[] = [];
  const enrolled: unknown[] = [];
  const logged: unknown[] = [];
  let asked: number | undefined;

  await recoverLostRuns({
    clock: () => NOW,
    log: { warn: (message, fields) => void logged.push([message, fields?.run]) },
    async *lost(since) {
      asked = since;
      for (const name of [...Object.keys(runs), 'unknown'])
        yield { name: executionNameOf(entryOf(name), 1), status: 'ABORTED' };
    },
    runs: {
      get: async (entry) => byEntry.get(entry),
      parkLost: async (...run) => {
        parked.push(run);
        return true;
      },
    },
    enrolments: {
      send: async (messages) => {
        enrolled.push(...messages);
      },
    },
  });

  expect(asked).toBe(NOW - 4 * 24 * 3600_000);
  expect(parked).toMatchObject([[entryOf('executionLost'), { leg: 1 }, NOW + 60_000]]);
  expect(enrolled).toEqual([
    { body: { entry: entryOf('executionLost'), leg: 2 }, delaySeconds: 60 },
    { body: { entry: entryOf('ended'), leg: 1 } },
  ]);
  // An alarm counts these lines.
  expect(logged).toEqual(parked.map((run) => [RUN_PARKED, (run as unknown[])[0]]));
});
