import { expect, it } from 'vitest';
import { faultsOfCampaign } from './check-history.ts';
import { randomCampaign } from './random-campaigns.ts';

/** `npm run test:search`: number of seeds, the first, and the distance between two. `npm test` runs a few. */
const SEEDS = Number(process.env.SEEDS ?? 300);
const FROM = Number(process.env.FROM ?? 1_001);
const STRIDE = Number(process.env.STRIDE ?? 1);

it('campaigns at random: nobody twice, nobody lost, and every figure true at every look', async () => {
  let observations = 0;
  const found: Record<string, string[]> = {};
  for (let seed = FROM; seed < FROM + SEEDS * STRIDE; seed += STRIDE) {
    const checked = await faultsOfCampaign(randomCampaign(seed), seed).catch((error: unknown) => ({
      faults: [error instanceof Error ? String(error.stack) : String(error)],
      observations: 0,
    }));
    observations += checked.observations;
    if (checked.faults.length > 0)
      found[`SEED=${seed} npx vitest run test/protocols/random-campaigns.test.ts`] = checked.faults;
  }
  console.log(`${SEEDS} histories, looked at ${observations} times`);
  for (const [replayed, faults] of Object.entries(found)) console.log([replayed, ...faults].join('\n  '));
  expect(Object.keys(found)).toEqual([]);
}, 3_600_000);
