import { describe, expect, it } from 'vitest';
import { CLEAN, cleanOutcomesOf, expectOneOf, inMemory, runClean } from './check-history.ts';
import { HISTORIES } from './histories/index.ts';
import type { FaultRates } from './simulation-options.ts';

/** `npm run test:search` runs more. */
const SEEDS = Number(process.env.EXECUTORS ?? 1);
/** Seeds of histories with races, whose outcomes differ. */
const SEEDS_OF_RACES = 2 * SEEDS;
/** The next commit executes effects again, and standard queues deliver twice. */
const DOUBLED: FaultRates = { ...CLEAN, concurrent: 4, doubled: true };

describe('what two executors carry out before either has committed', () => {
  for (const [title, history] of Object.entries(HISTORIES)) {
    if (history('').races !== undefined) continue;
    it(`leaves "${title}" as a clean run does, and takes and calls everything once`, async () => {
      const cleans = await cleanOutcomesOf(title);
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        for (const order of ['any', 'first'] as const) {
          const doubled = await runClean(inMemory, title, { ...DOUBLED, order }, seed);
          await expectOneOf(cleans, (outcome) => ({ ...outcome, when: [] }), doubled, `seed ${seed}, ${order}`);
        }
      }
    });
  }

  for (const [title, history] of Object.entries(HISTORIES)) {
    if (history('').races === undefined) continue;
    it(`counts "${title}" as its runs went`, async () => {
      for (let seed = 1; seed <= SEEDS_OF_RACES; seed += 1) {
        const { faults, miscounted } = await runClean(inMemory, title, { ...DOUBLED, order: 'any' }, seed);
        expect({ faults, miscounted }, `seed ${seed}`).toEqual({ faults: [], miscounted: [] });
      }
    });
  }
});
