import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';
import { differencesOfPlan } from './random-plans.ts';

/** `SEED=n npx vitest run --config vitest.http.config.ts test/scenarios/random-plans.http.ts` replays one; `npm run test:search` runs 50. */
const { SEED } = process.env;
const SEEDS = SEED === undefined ? [1, 2, 3, 4, 5, 6] : [Number(SEED)];

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

it.each(SEEDS)(
  'a campaign at random, seed %i: its plan says what then happens',
  async (seed) => {
    expect(await differencesOfPlan(cairn, seed)).toEqual([]);
  },
  120_000,
);
