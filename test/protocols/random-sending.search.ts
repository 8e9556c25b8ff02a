import { expect, it } from 'vitest';
import { faultsOfSending } from './check-history.ts';
import { randomSending } from './random-sending.ts';

/** `npm run test:search`: number of seeds, and the first. `npm test` runs a few. */
const SEEDS = Number(process.env.SEEDS ?? 1_000);
const FROM = Number(process.env.FROM ?? 1_001);

it('sending at random: nothing is lost, doubled, sent against a no, over a cap or at a closed hour', async () => {
  for (let seed = FROM; seed < FROM + SEEDS; seed += 1) {
    const replayed = `SEED=${seed} npx vitest run test/protocols/random-sending.test.ts`;
    const faults = await faultsOfSending(randomSending(seed), seed).catch((error: unknown) => [String(error)]);
    expect(faults, replayed).toEqual([]);
  }
}, 3_600_000);
