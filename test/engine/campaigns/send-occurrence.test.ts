import { expect, it } from 'vitest';
import type { SendDeps } from '../../../engine/campaigns/send-occurrence.ts';
import { runTick } from '../../../engine/campaigns/send-occurrence.ts';

const NOW = Date.UTC(2026, 10, 26, 2);
const OF = { campaign: 'double-11', id: '2026-11-26' };

/** A tick of an occurrence that runs, and what it has asked for; the rules name these campaigns, read by read. */
async function tickUnder(reads: string[][]) {
  const asked: string[] = [];
  const at = { stage: 'all', epoch: 1, tick: 3, instant: 0, page: 0, line: 5, spent: 0, at: NOW };
  const deps = {
    occurrences: {
      get: async () => ({ ...OF, at: NOW, status: 'running', stage: 'all', epoch: 1, version: 1, instants: [NOW] }),
      progress: async () => at,
    },
    catalog: {
      snapshot: async () => ({
        pointer: { channels: {} },
        snapshot: { campaigns: (reads.shift() ?? []).map((id) => ({ id })), settings: {} },
      }),
      version: async () => void asked.push('version'),
    },
    queues: { campaigns: { send: async () => void asked.push('tick') } },
    wakes: { set: async () => void asked.push('wake'), done: async () => {} },
    clock: () => NOW,
  };
  const ended = await runTick(deps as unknown as SendDeps, { ...OF, epoch: 1, tick: 3 }).then(
    () => 'ended',
    () => 'went on',
  );
  return { ended, asked };
}

it('hands nobody over once its campaign is archived, though whoever archived it has died before it cancelled', async () => {
  expect(await tickUnder([[], []])).toEqual({ ended: 'ended', asked: [] });
});

it('goes on under a campaign that only an old read of the rules lacks', async () => {
  expect(await tickUnder([[], [OF.campaign]])).toEqual({ ended: 'went on', asked: ['version'] });
});
