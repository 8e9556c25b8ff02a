import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { live } from './lives.ts';

/** `test/search/lives.search.ts` ends them more often. */
describe('a data folder with several lives', () => {
  it.each(['virtual', 'real'] as const)(
    'keeps everything that was accepted, on a %s clock',
    async (clock) => {
      const folder = await mkdtemp(join(tmpdir(), 'cairn-lives-'));
      try {
        const lives = await live({ seed: 1, ends: 4, clock, signals: ['SIGKILL', 'SIGTERM'], folder, loadMs: 400 });
        expect(lives.findings).toEqual({ events: [], runs: [], twice: [], messages: [], exits: [] });
        expect(lives.accepted).toBeGreaterThan(0);
        expect(lives.unknown).toBeLessThanOrEqual(lives.mostUnknown);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
