import { expect, it } from 'vitest';
import { faultsIn } from './check-history.ts';
import { randomWindows } from './random-windows.ts';

/** `npm run test:search`: number of seeds, and the first. `npm test` runs a few. */
const SEEDS = Number(process.env.SEEDS ?? 1_000);
const FROM = Number(process.env.FROM ?? 1_001);

it('windows at random: nothing is lost, sent twice, sent outside its window or left waiting', async () => {
  for (let seed = FROM; seed < FROM + SEEDS; seed += 1)
    expect(await faultsIn(randomWindows(seed), seed), `FROM=${seed} SEEDS=1`).toEqual([]);
}, 3_600_000);
