import { describe, it } from 'vitest';
import { checkHistory, checkUnderFault, cleanOutcomesOf, singleFaults } from './check-history.ts';
import { HISTORIES } from './histories/index.ts';

/** `npm run test:search`: number of seeds per history, and the first seed. `npm test` runs seeds 1 to 20. */
const SEEDS = Number(process.env.SEEDS ?? 50);
const FROM = Number(process.env.FROM ?? 1_001);
/** Every n-th call is faulted. */
const STRIDE = Number(process.env.STRIDE ?? 1);

const HOUR_MS = 3_600_000;

describe('whatever is delivered twice, out of order, at once, or dies between two calls', () => {
  for (const title of Object.keys(HISTORIES)) {
    it(
      `leaves "${title}" as a clean run does`,
      async () => {
        const cleans = await cleanOutcomesOf(title);
        for (let seed = FROM; seed < FROM + SEEDS; seed += 1) await checkHistory(title, seed, cleans);
      },
      HOUR_MS,
    );
  }
});

describe('one fault at one call after the other', () => {
  for (const fault of singleFaults(STRIDE)) {
    it(`leaves "${fault.title}" as a clean run does: ${fault.fault}`, () => checkUnderFault(fault), HOUR_MS);
  }
});
