import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { live } from '../local/lives.ts';

/** `LIVES` seeds from `FROM` on. */
const FIRST = Number(process.env.FROM ?? 1);
const seeds = Array.from({ length: Number(process.env.LIVES ?? 2) }, (_, index) => FIRST + index);

// So that no start has to wait for it.
beforeAll(() => buildAssembly(), 600_000);

async function lived(seed: number, clock: 'virtual' | 'real', signals: ('SIGKILL' | 'SIGTERM')[]) {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-lives-'));
  try {
    const lives = await live({ seed, ends: 9, clock, signals, folder, loadMs: 2_000 });
    console.log(
      `seed ${seed}, ${clock}, ${signals.join('/')}: ${lives.accepted} accepted, ${lives.unknown} messages unknown`,
    );
    expect(lives.findings).toEqual({ events: [], runs: [], twice: [], messages: [], exits: [] });
    return lives;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What it costs is in `docs/local.md`: no more can be promised without syncing each write. */
describe('a data folder with five power losses', () => {
  it.each(seeds)(
    'can be used again, seed %i',
    async (seed) => {
      const folder = await mkdtemp(join(tmpdir(), 'cairn-power-'));
      try {
        const lives = await live({ seed, ends: 5, clock: 'virtual', signals: ['POWER'], folder, loadMs: 2_000 });
        const { events, runs, twice, messages } = lives.findings;
        const counts = { accepted: lives.accepted, events, runs, twice, messages, unknown: lives.unknown };
        console.log(
          `seed ${seed}, power losses: ${JSON.stringify(counts, (_key, value: unknown) => (Array.isArray(value) ? value.length : value))}`,
        );
        expect(lives.accepted).toBeGreaterThan(events.length);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    600_000,
  );
});

describe.each(['virtual', 'real'] as const)('a data folder with nine ends, on a %s clock', (clock) => {
  it.each(seeds)(
    'keeps everything over SIGKILL and SIGTERM, seed %i',
    async (seed) => {
      const lives = await lived(seed, clock, ['SIGKILL', 'SIGTERM']);
      expect(lives.unknown).toBeLessThanOrEqual(lives.mostUnknown);
    },
    600_000,
  );

  it.each(seeds)(
    'loses sight of no message over SIGTERM alone, seed %i',
    async (seed) => {
      expect((await lived(seed, clock, ['SIGTERM'])).unknown).toBe(0);
    },
    600_000,
  );
});
