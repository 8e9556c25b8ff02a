import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cairn } from './cairn.ts';
import { differencesOfPlan } from './random-plans.ts';

/** `npm run test:search`: number of seeds, the first, and the distance between two. `npm run test:http` runs a few. */
const SEEDS = Number(process.env.SEEDS ?? 50);
const FROM = Number(process.env.FROM ?? 1_001);
const STRIDE = Number(process.env.STRIDE ?? 1);

let cairn: Cairn;
beforeAll(async () => {
  cairn = await Cairn.start('2026-11-02T01:00:00Z');
});
afterAll(() => cairn.stop());

it('campaigns at random: what a plan says is what then happens', async () => {
  const found: Record<string, string[]> = {};
  for (let seed = FROM; seed < FROM + SEEDS * STRIDE; seed += STRIDE) {
    const differences = await differencesOfPlan(cairn, seed).catch((error: unknown) => [String(error)]);
    if (differences.length > 0)
      found[`SEED=${seed} npx vitest run --config vitest.http.config.ts test/scenarios/random-plans.http.ts`] =
        differences;
  }
  for (const [replayed, differences] of Object.entries(found)) console.log([replayed, ...differences].join('\n  '));
  expect(Object.keys(found)).toEqual([]);
}, 3_600_000);
