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
